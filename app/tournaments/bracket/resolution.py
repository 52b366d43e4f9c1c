"""What follows from the results: who plays whom, who is through, who has a bye.

Nothing else is kept of a bracket's course. To correct a result or to take it back is to resolve
without it: whatever was built upon it comes out another way, or is shown to be void.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.tournaments.bracket import swiss
from app.tournaments.bracket.standings import Row, standings
from app.tournaments.bracket.structure import (
    NOBODY,
    STAGES,
    Bracket,
    Key,
    LoserOf,
    Outcome,
    Pairs,
    Place,
    Result,
    Section,
    Seed,
    Series,
    Source,
    WinnerOf,
)

Results = Mapping[Key, Result]


class State(NamedTuple):
    """Where a series stands. A side is a seed, NOBODY, or None while that is not known."""

    a: int | None
    b: int | None
    result: Result | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it can be played."""
        return bool(self.a and self.b) and self.result is None


@dataclass(slots=True)
class Resolution:
    """How the bracket stands. A series that is not needed, such as a reset, has no state."""

    bracket: Bracket
    states: dict[Key, State] = field(default_factory=dict)
    pairs: dict[int, Pairs] = field(default_factory=dict)
    """The Swiss rounds that are paired, by number."""
    out: Collection[int] = ()
    unranked: Collection[int] = ()

    def states_of(self, section: Section, group: int) -> dict[Key, State]:
        return {
            key: state
            for key, state in self.states.items()
            if key.section == section and key.group == group
        }

    def tables(self) -> dict[int, list[Row]]:
        """Answer the standings of each group, as they are; those of Swiss rounds as group 0."""
        return {group: self.table(group) for group in self.group_numbers()}

    def table(self, group: int) -> list[Row]:
        states = self.states_of(Section.GROUP if group else Section.SWISS, group).values()
        teams: Collection[int] = (
            {side for state in states for side in state[:2] if side}
            if group
            else range(1, self.bracket.teams + 1)
        )
        results = [state.result for state in states if state.result and state.a]
        return standings(teams, results, self.bracket.rules, out=self.unranked)

    def is_complete(self, group: int) -> bool:
        section = Section.GROUP if group else Section.SWISS
        return all(state.result for state in self.states_of(section, group).values())

    def group_numbers(self) -> list[int]:
        return sorted({key.group for key in self.states if key.section in STAGES})


def resolve(
    bracket: Bracket,
    results: Results,
    *,
    out: Sequence[int] = (),
    unranked: Collection[int] = (),
    pairs: Mapping[int, Pairs] | None = None,
) -> Resolution:
    """Answer how the bracket stands after these results.

    A result that is not of the two who meet there is void: the resolution has it no more. Whoever
    is `out`, in the order in which they left, forfeits what they have not played, and those of them
    who are `unranked` come last in the standings too. `pairs` are the Swiss rounds that stay as
    they are; the others are paired when the round before is over.
    """
    resolution = Resolution(bracket, pairs=dict(pairs or {}), out=out, unranked=unranked)
    entrants = _Entrants(resolution)
    for series in bracket.series:
        if series.is_reset and not _is_reset_needed(resolution.states, series):
            continue
        a, b = entrants.of(series)
        resolution.states[series.key] = State(
            a, b, _result(series, a, b, results.get(series.key), out)
        )
    return resolution


class _Entrants:
    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution
        self._tables: dict[int, list[Row] | None] = {}
        self._waiting: set[int] = set()

    def of(self, series: Series) -> tuple[int | None, int | None]:
        if series.key.section != Section.SWISS:
            return self._one(series.a), self._one(series.b)
        pairs = self._paired(series.key.round)
        if pairs is None:
            return None, None
        # Where somebody is out there are fewer pairs than places.
        return (
            pairs[series.key.position - 1]
            if series.key.position <= len(pairs)
            else (NOBODY, NOBODY)
        )

    def _one(self, source: Source) -> int | None:
        match source:
            case Seed(seed):
                return seed
            case WinnerOf(key):
                result = self.resolution.states[key].result
                return result.winner if result else None
            case LoserOf(key):
                result = self.resolution.states[key].result
                return result.loser if result else None
            case Place(group, rank):
                return self._placed(group, rank)
        raise AssertionError(source)

    def _placed(self, group: int, rank: int) -> int | None:
        if group not in self._tables:
            complete = self.resolution.is_complete(group)
            self._tables[group] = self.resolution.table(group) if complete else None
        table = self._tables[group]
        if table is None:
            return None
        seed = table[rank - 1].seed
        return NOBODY if seed in self.resolution.unranked else seed

    def _paired(self, number: int) -> Pairs | None:
        known = self.resolution.pairs
        if number not in known and number not in self._waiting:
            before = self._rounds_before(number)
            if before is None:
                # Asked for once a series, and all results would be read each time.
                self._waiting.add(number)
                return None
            bracket, out = self.resolution.bracket, self.resolution.out
            teams = [seed for seed in range(1, bracket.teams + 1) if seed not in out]
            known[number] = swiss.pair(swiss.players(teams, before, bracket.rules))
        return known.get(number)

    def _rounds_before(self, number: int) -> list[list[Result]] | None:
        rounds: list[list[Result]] = [[] for _ in range(number - 1)]
        for key, state in self.resolution.states_of(Section.SWISS, 0).items():
            if key.round < number:
                if state.result is None:
                    return None
                if state.a:
                    rounds[key.round - 1].append(state.result)
        return rounds


def _is_reset_needed(states: Mapping[Key, State], reset: Series) -> bool:
    first = states[Key(Section.GRAND_FINAL, 0, 1, 1)]
    return bool(first.result and first.result.winner == first.b and first.result.loser)


def _result(
    series: Series, a: int | None, b: int | None, given: Result | None, out: Sequence[int]
) -> Result | None:
    if a is None or b is None:
        return None
    if NOBODY in {a, b}:
        return Result(a, b, 0, 0, a or b, Outcome.BYE)
    if given is not None and (given.a, given.b) == (a, b):
        return given
    # The first to leave forfeits, even if the other leaves later and may have gone on meanwhile.
    for seed in out:
        if seed in {a, b}:
            return walkover(series, a, b, b if seed == a else a)
    return None


def walkover(series: Series, a: int, b: int, winner: int) -> Result:
    """The winner's without a game, scored as if each had been won."""
    score_a, score_b = (series.needed, 0) if winner == a else (0, series.needed)
    return Result(a, b, score_a, score_b, winner, Outcome.WALKOVER)


def lasting_pairs(pairs: Mapping[int, Pairs], results: Results, changed: Key) -> dict[int, Pairs]:
    """Answer the Swiss rounds that stay paired as they are when a result changes.

    Those after it are paired anew, unless they or later ones have begun: what is played is played.
    """
    if changed.section != Section.SWISS:
        return dict(pairs)
    begun = max((key.round for key in results if key.section == Section.SWISS), default=0)
    return {
        number: paired for number, paired in pairs.items() if number <= max(changed.round, begun)
    }
