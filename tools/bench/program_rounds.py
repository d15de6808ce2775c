"""Whole programs measured in turn: seconds a round, and the memory that each takes."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tools.bench.engine import Engine
from tools.bench.rounds import interleaved


class ProgramTimes(NamedTuple):
    """seconds: of each program, per round. peak_mib: its most resident memory in any of them."""

    seconds: dict[str, list[float]]
    peak_mib: dict[str, float]


def program_rounds(
    programs: Engine,
    commands: Mapping[str, Sequence[str]],
    rounds: int,
    limit_s: float,
    name: str,
    quiet: bool,
) -> ProgramTimes:
    """Run every program once per round, as rounds.interleaved does.

    programs: the engine program_engine, whose threads they take.
    """
    peak_mib = dict.fromkeys(commands, 0.0)

    def task(program: str) -> Callable[[], float]:
        def wall_s() -> float:
            seen = programs.ask("run", command=commands[program])
            peak_mib[program] = max(peak_mib[program], seen["peak_mib"])
            return seen["wall_s"]

        return wall_s

    tasks = {program: task(program) for program in commands}
    return ProgramTimes(interleaved(tasks, rounds, limit_s, name, quiet), peak_mib)
