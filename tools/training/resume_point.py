"""Where an unfinished run goes on: at its newest whole snapshot."""

from collections.abc import Callable

from tools.training.best_weights import BestWeights


def resume_point(best: BestWeights, say: Callable[[str], None]) -> tuple[BestWeights, int | None]:
    """Return the best weights so far, and the iteration to go on from.

    None is the beginning. say: called with a sentence for everything the user should know.
    """
    for sentence in best.snapshots.set_unusable_aside():
        say(sentence)
    start = best.snapshots.newest_whole()
    why = "there is no snapshot to go on from"
    if start is not None and not best.resume(start):
        start, why = None, "the best weights so far are damaged"
    if start is None:
        say(f"{why}: the training begins anew; earlier files are kept under other names")
        best.snapshots.set_all_aside()
        best.set_aside()
        return BestWeights(best.run, best.facts), None
    say(f"going on from the snapshot of iteration {start}")
    return best, start
