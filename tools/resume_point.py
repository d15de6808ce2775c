"""Where an unfinished run goes on: at its newest whole snapshot."""

from tools.best_weights import BestWeights


def resume_point(best: BestWeights, say) -> tuple[BestWeights, int | None]:
    """Return best weights that know what was reached, and the iteration to go on from.

    None is the beginning. say: called with a sentence for each thing that a person should know.
    """
    for sentence in best.snapshots.set_unusable_aside():
        say(sentence)
    start = best.snapshots.newest_whole()
    if start is not None and not best.resume(start):
        say("the best weights so far are damaged")
        start = None
    if start is None:
        say("there is no usable snapshot: the training begins anew")
        return BestWeights(best.run, best.facts), None
    say(f"going on from the snapshot of iteration {start}")
    return best, start
