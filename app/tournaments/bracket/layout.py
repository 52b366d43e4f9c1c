"""Where to draw each series, so that a frontend has nothing to compute."""

from collections.abc import Iterable, Mapping

from app.tournaments.bracket.structure import Key, Section, Series, WinnerOf

ELIMINATIONS = {Section.UPPER, Section.LOWER}


def rows(series: Iterable[Series]) -> dict[Key, float]:
    """Answer how far down each series is drawn in its section: its middle, in boxes from the top.

    An elimination is a tree of series. One that no other of its section leads to has a row of its
    own; any other is half-way between the two that lead to it, or level with the one. So no row of
    the grid is left empty by byes, boxes of a round are at least 1 apart, and no two lines cross.
    Elsewhere, a round is drawn in the order of its positions.
    """
    series = list(series)
    trees = {each.key: each for each in series if each.key.section in ELIMINATIONS}
    feeders = {key: _feeders(each, trees) for key, each in trees.items()}
    inner = {feeder for keys in feeders.values() for feeder in keys}
    placed = {each.key: each.key.position - 1.0 for each in series if each.key not in trees}
    below = dict.fromkeys(ELIMINATIONS, 0)

    def place(key: Key) -> float:
        if feeders[key]:
            between = [place(feeder) for feeder in feeders[key]]
            placed[key] = (between[0] + between[-1]) / 2
        else:
            placed[key] = float(below[key.section])
            below[key.section] += 1
        return placed[key]

    for key in sorted(trees.keys() - inner):
        place(key)
    return placed


def _feeders(series: Series, trees: Mapping[Key, Series]) -> list[Key]:
    """Answer the series whose winners it waits for, from the top."""
    sources = (series.a, series.b)
    return [each.key for each in sources if isinstance(each, WinnerOf) and each.key in trees]
