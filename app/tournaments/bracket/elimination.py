"""Single and double elimination, for any number of teams.

Both are drawn on the grid of the next power of two, where the seeds that are missing are byes. A
bye is no series: whoever would have had it comes straight to the next one. So each series of the
bracket is played, unless somebody forfeits it.
"""

from collections.abc import Iterable, Iterator, Sequence

from app.tournaments.bracket.seeding import standard_order
from app.tournaments.bracket.structure import Key, LoserOf, Section, Series, Source, WinnerOf

Ends = tuple[Source | None, Source | None]
"""Where the winner and the loser of a meeting come from; None where there is none."""

# Where the losers of the upper rounds 2, 3 and so on drop to: that of the n-th series meets whoever
# is left in the place n XOR this of the lower bracket. By these nobody can meet again before there
# is no other way; of all that do so, they have the fewest rematches to be expected where each team
# wins every other time, and are the first of several. For 2**2 teams to 2**8.
DROPS: dict[int, tuple[int, ...]] = {
    2: (0,),
    3: (1, 0),
    4: (2, 0, 0),
    5: (2, 2, 0, 0),
    6: (8, 6, 1, 1, 0),
    7: (8, 8, 6, 0, 1, 0),
    8: (16, 12, 8, 6, 0, 1, 0),
}


def single_elimination(entrants: Sequence[Source], *, third_place: bool = False) -> list[Series]:
    """Answer N - 1 series, and one more for the third place, for two entrants or more.

    The series for the third place needs two that lost a semi-final: with three teams there is one.
    """
    series: list[Series] = []
    rounds = _upper_bracket(series, entrants)
    if third_place and len(rounds) > 1:
        _meet(series, Key(Section.THIRD_PLACE, 0, 1, 1), *(loser for _, loser in rounds[-2]))
    return series


def double_elimination(entrants: Sequence[Source], *, reset: bool = True) -> list[Series]:
    """Answer 2N - 2 series, and the grand final's reset as one more that is played if needed.

    Without a reset, who loses the grand final may have lost nothing before.
    """
    series: list[Series] = []
    upper = _upper_bracket(series, entrants)
    dropped = [[loser for _, loser in ends] for ends in upper]
    left = dropped[0] if len(upper) == 1 else _lower_bracket(series, dropped)
    [(champion, _)] = upper[-1]
    first = Key(Section.GRAND_FINAL, 0, 1, 1)
    _meet(series, first, champion, left[0])
    if reset:
        # Sides stay as they were: who lost the first came from the upper bracket.
        series.append(Series(Key(Section.GRAND_FINAL, 0, 2, 1), LoserOf(first), WinnerOf(first)))
    return series


def _upper_bracket(series: list[Series], entrants: Sequence[Source]) -> list[list[Ends]]:
    size = 1 << (len(entrants) - 1).bit_length()
    sides: list[Source | None] = [
        entrants[seed - 1] if seed <= len(entrants) else None for seed in standard_order(size)
    ]
    rounds: list[list[Ends]] = []
    while len(sides) > 1:
        rounds.append(_round(series, Section.UPPER, len(rounds) + 1, _pairs(sides)))
        sides = [winner for winner, _ in rounds[-1]]
    return rounds


def _lower_bracket(
    series: list[Series], dropped: Sequence[Sequence[Source | None]]
) -> list[Source | None]:
    """Play off those who lost in each round of the upper bracket; answer who is left, alone."""
    number = 0

    def play(pairs: Iterable[Ends]) -> list[Source | None]:
        nonlocal number
        number += 1
        return [winner for winner, _ in _round(series, Section.LOWER, number, pairs)]

    left = play(_pairs(dropped[0]))
    for mask, losers in zip(DROPS[len(dropped)], dropped[1:], strict=True):
        if len(left) > len(losers):
            left = play(_pairs(left))
        left = play((losers[place ^ mask], team) for place, team in enumerate(left))
    return left


def _pairs(sides: Sequence[Source | None]) -> Iterator[Ends]:
    return zip(sides[::2], sides[1::2], strict=True)


def _round(
    series: list[Series], section: Section, number: int, pairs: Iterable[Ends]
) -> list[Ends]:
    return [
        _meet(series, Key(section, 0, number, position), a, b)
        for position, (a, b) in enumerate(pairs, start=1)
    ]


def _meet(series: list[Series], key: Key, a: Source | None, b: Source | None) -> Ends:
    if a is None or b is None:
        return (b if a is None else a), None
    series.append(Series(key, a, b))
    return WinnerOf(key), LoserOf(key)
