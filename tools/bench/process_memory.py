"""Processes: the children of one, and the memory they hold."""

from pathlib import Path


def children_of(pid: int) -> list[int]:
    """Return the pids of a process's children."""
    pids = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # the name, in brackets, may hold anything
            state, parent, *_ = path.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has just ended
            continue
        if int(parent) == pid and state != "Z":
            pids.append(int(path.parent.name))
    return sorted(pids)


def memory_of(pid: int) -> dict[str, float]:
    """Return the resident memory of a process in MiB.

    pss: shared pages counted in parts. uss: pages of its own alone, what its end would free.
    """
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, kib, *_ = line.split()
        sizes[name] = int(kib) / 1024
    own = sizes["Private_Clean:"] + sizes["Private_Dirty:"]
    return {"pss": round(sizes["Pss:"], 1), "uss": round(own, 1)}
