"""The whole grid of an elimination: with the byes, which are no series here but are elsewhere."""

from collections.abc import Iterator
from typing import NamedTuple

from app.tournaments.bracket.resolution import Resolution, State
from app.tournaments.bracket.structure import (
    NOBODY,
    Key,
    LoserOf,
    Outcome,
    Result,
    Section,
    Seed,
    Series,
)


class Cell(NamedTuple):
    series: Series
    state: State


def grid(resolution: Resolution) -> dict[Key, Cell]:
    """Answer every place of the upper and the lower bracket, those of byes too, in their order.

    A lower bracket has one round at the least: with two teams, who has lost is alone in it.
    """
    known = resolution.bracket.by_key
    rounds = max((key.round for key in known if key.section == Section.UPPER), default=0)
    lower_rounds = max(1, 2 * rounds - 2) if Key(Section.GRAND_FINAL, 0, 1, 1) in known else 0
    return {
        key: Cell(known[key], resolution.states[key])
        if key in known
        else _bye(resolution, key, *_winner_to(key, lower_rounds))
        for key in _keys(rounds, lower_rounds)
    }


def _keys(rounds: int, lower_rounds: int) -> Iterator[Key]:
    for number in range(1, rounds + 1):
        for position in range(1, 2 ** (rounds - number) + 1):
            yield Key(Section.UPPER, 0, number, position)
    for number in range(1, lower_rounds + 1):
        # The widest two have a quarter of the lines, the next two an eighth, and so on.
        for position in range(1, max(1, 2**rounds >> (number + 3) // 2) + 1):
            yield Key(Section.LOWER, 0, number, position)


def _winner_to(key: Key, lower_rounds: int) -> tuple[Key, int]:
    """Answer where the winner goes to, and to which side."""
    if key.section == Section.LOWER:
        if key.round == lower_rounds:
            return Key(Section.GRAND_FINAL, 0, 1, 1), 1
        if key.round % 2:
            return key._replace(round=key.round + 1), 1
    above, side = divmod(key.position - 1, 2)
    return key._replace(round=key.round + 1, position=above + 1), side


def _bye(resolution: Resolution, key: Key, following: Key, side: int) -> Cell:
    """Answer the place of whoever has a bye there: the one who came straight to the following."""
    nobody = Seed(NOBODY)
    if following not in resolution.bracket.by_key:
        return Cell(Series(key, nobody, nobody), _with_bye(NOBODY, NOBODY))
    series, state = resolution.bracket.by_key[following], resolution.states[following]
    source, seed = (series.b, state.b) if side else (series.a, state.a)
    # Who lost in round 1 keeps its side of the pair there; all others come first.
    if isinstance(source, LoserOf) and source.key.round == 1 and source.key.position % 2 == 0:
        return Cell(Series(key, nobody, source), _with_bye(NOBODY, seed))
    return Cell(Series(key, source, nobody), _with_bye(seed, NOBODY))


def _with_bye(a: int | None, b: int | None) -> State:
    if a is None or b is None:
        return State(a, b)
    return State(a, b, Result(a, b, 0, 0, a or b, Outcome.BYE))
