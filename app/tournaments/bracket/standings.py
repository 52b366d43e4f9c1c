"""Who stands where in a group or after Swiss rounds, and why.

Points come first, then the tie-breaks of the rules in their order, then the seed. Each is applied
to the teams that all before it left level (FIDE Handbook C.07, article 4.2).

- Head-to-head: points from the series among the tied. It counts if all of them have met equally
  often, and is left out otherwise. While it separates any, those still level are compared again by
  their own series alone (C.07, 6.2; so do UEFA's groups). No later tie-break leads back to it: who
  wants that lists it once more.
- Game difference: games won less games lost. A walkover counts with its score, a bye has none.
- Wins: series won, with byes and walkovers (7.1).
- Buchholz: the opponents' points (8.1), of one met twice twice (4.4).
- Sonneborn-Berger: the points of those beaten, and half of those drawn with (9.1).

In the last two a bye is a win over an opponent with the team's own points (16.4), without the limit
on these that the Handbook has since 2026. A forfeited series counts against the opponent that it
was due with, in Swiss rounds as well. Who is disqualified keeps points and results.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from app.tournaments.bracket.structure import NOBODY, Result, Rules, TieBreak


class Basis(StrEnum):
    """What goes before all tie-breaks."""

    DISQUALIFIED = "disqualified"
    POINTS = "points"


Criterion = Basis | TieBreak


class Step(NamedTuple):
    """A criterion, and the value of each team that was still tied: (seed, value), best first."""

    criterion: Criterion
    values: tuple[tuple[int, float], ...]


class Reason(NamedTuple):
    """What set a team apart from a neighbour in the standings, the rival.

    That is the one above, or the one below for the first of those level on points; NOBODY for a
    team that is alone or disqualified. Both were level in all steps but the last.
    """

    rival: int
    steps: tuple[Step, ...]

    @property
    def criterion(self) -> Criterion:
        return self.steps[-1].criterion


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the standings. Byes are among `played` and `won`."""

    seed: int
    rank: int
    played: int
    won: int
    drawn: int
    lost: int
    points: int
    games_won: int
    games_lost: int
    buchholz: float
    sonneborn_berger: float
    reason: Reason


@dataclass(slots=True)
class _Meetings:
    """With one opponent. A draw is half a win in `share`."""

    times: int = 0
    points: int = 0
    share: float = 0


@dataclass(slots=True)
class _Record:
    seed: int
    won: int = 0
    drawn: int = 0
    lost: int = 0
    points: int = 0
    games_won: int = 0
    games_lost: int = 0
    # By opponent; a bye is a meeting with oneself, which is what its opponent is worth.
    meetings: dict[int, _Meetings] = field(default_factory=dict)
    buchholz: float = 0
    sonneborn_berger: float = 0

    @property
    def game_difference(self) -> int:
        return self.games_won - self.games_lost

    def count(self, result: Result, rules: Rules) -> None:
        opponent, won, lost = result.b, result.score_a, result.score_b
        if self.seed == result.b:
            opponent, won, lost = result.a, result.score_b, result.score_a
        points, is_won = rules.points(result, self.seed), result.winner == self.seed
        self.won += is_won
        self.drawn += result.is_draw
        self.lost += not (is_won or result.is_draw)
        self.points += points
        self.games_won += won
        self.games_lost += lost
        met = self.meetings.setdefault(opponent or self.seed, _Meetings())
        met.times += 1
        met.points += points
        met.share += 1 if is_won else 0.5 if result.is_draw else 0


_VALUES: Mapping[Criterion, Callable[[_Record], float]] = {
    Basis.POINTS: attrgetter("points"),
    TieBreak.GAME_DIFFERENCE: attrgetter("game_difference"),
    TieBreak.WINS: attrgetter("won"),
    TieBreak.BUCHHOLZ: attrgetter("buchholz"),
    TieBreak.SONNEBORN_BERGER: attrgetter("sonneborn_berger"),
    TieBreak.SEED: attrgetter("seed"),
}


def standings(
    teams: Iterable[int], results: Iterable[Result], rules: Rules, *, out: Collection[int] = ()
) -> list[Row]:
    """Rank the teams by the results among them; those that are out come last.

    Every rank is given once, as the seed decides in the end. Raises KeyError for a result of
    another team.
    """
    records = _records(teams, results, rules)
    remaining = [seed for seed in records if seed not in out]
    disqualified = [seed for seed in records if seed in out]
    reasons = _reasons(_ranked(remaining, records, rules.tie_breaks))
    for seed, _ in _ranked(disqualified, records, rules.tie_breaks):
        reasons[seed] = Reason(NOBODY, (Step(Basis.DISQUALIFIED, ()),))
    return [_row(records[seed], rank, reasons[seed]) for rank, seed in enumerate(reasons, 1)]


def _row(record: _Record, rank: int, reason: Reason) -> Row:
    return Row(
        seed=record.seed,
        rank=rank,
        played=record.won + record.drawn + record.lost,
        won=record.won,
        drawn=record.drawn,
        lost=record.lost,
        points=record.points,
        games_won=record.games_won,
        games_lost=record.games_lost,
        buchholz=record.buchholz,
        sonneborn_berger=record.sonneborn_berger,
        reason=reason,
    )


def _records(teams: Iterable[int], results: Iterable[Result], rules: Rules) -> dict[int, _Record]:
    records = {seed: _Record(seed) for seed in teams}
    for result in results:
        for seed in (result.a, result.b):
            if seed != NOBODY:
                records[seed].count(result, rules)
    for record in records.values():
        for opponent, met in record.meetings.items():
            record.buchholz += met.times * records[opponent].points
            record.sonneborn_berger += met.share * records[opponent].points
    return records


def _ranked(
    teams: list[int], records: Mapping[int, _Record], tie_breaks: Sequence[TieBreak]
) -> list[tuple[int, tuple[Step, ...]]]:
    """The teams from first to last, each with the steps that led from the one above to it."""
    criteria: tuple[Criterion, ...] = (Basis.POINTS, *tie_breaks, TieBreak.SEED)
    ranked: list[tuple[int, tuple[Step, ...]]] = []
    # The tied, which criterion is next, the steps so far, and those that led to the first of them.
    pending: list[tuple[list[int], int, tuple[Step, ...], tuple[Step, ...]]] = [(teams, 0, (), ())]
    while pending:
        tied, at, level, apart = pending.pop()
        if len(tied) == 1 and apart:
            ranked.append((tied[0], apart))
            continue
        step = _step(criteria[at], tied, records)
        if step is None:
            pending.append((tied, at + 1, level, apart))
            continue
        blocks = [[seed for seed, _ in block] for _, block in groupby(step.values, itemgetter(1))]
        again = step.criterion == TieBreak.HEAD_TO_HEAD and len(blocks) > 1
        level = (*level, step)
        # The last goes first, so that the first is taken up next.
        for block in reversed(blocks):
            above = apart if block is blocks[0] else level
            pending.append((block, at if again else at + 1, level, above or level))
    return ranked


def _step(criterion: Criterion, tied: Sequence[int], records: Mapping[int, _Record]) -> Step | None:
    """Answer None if the criterion does not count among these teams."""
    if criterion == TieBreak.HEAD_TO_HEAD:
        if not _met_equally_often(tied, records):
            return None
        values: dict[int, float] = {
            seed: sum(records[seed].meetings[other].points for other in tied if other != seed)
            for seed in tied
        }
    else:
        value = _VALUES[criterion]
        values = {seed: value(records[seed]) for seed in tied}
    # The seed is the one value of which less is better.
    sign = 1 if criterion == TieBreak.SEED else -1
    return Step(criterion, tuple(sorted(values.items(), key=lambda it: (sign * it[1], it[0]))))


def _met_equally_often(tied: Sequence[int], records: Mapping[int, _Record]) -> bool:
    often = 0
    for seed, other in combinations(tied, 2):
        met = records[seed].meetings.get(other)
        if met is None or met.times != (often or met.times):
            return False
        often = met.times
    return True


def _reasons(ranked: Sequence[tuple[int, tuple[Step, ...]]]) -> dict[int, Reason]:
    reasons = {}
    above = NOBODY
    for place, (seed, steps) in enumerate(ranked, 1):
        below, next_steps = ranked[place] if place < len(ranked) else (NOBODY, ())
        if len(steps) == 1 and len(next_steps) > 1:
            reasons[seed] = Reason(below, next_steps)
        else:
            reasons[seed] = Reason(above or below, steps)
        above = seed
    return reasons


_LABELS: Mapping[Criterion, str] = {
    TieBreak.HEAD_TO_HEAD: "head-to-head",
    TieBreak.GAME_DIFFERENCE: "game difference",
    TieBreak.WINS: "series won",
    TieBreak.BUCHHOLZ: "Buchholz",
    TieBreak.SONNEBORN_BERGER: "Sonneborn-Berger",
}
_NUMBERS = {3: "three", 4: "four"}
_NAMED = 4
"""How many teams are named in one breath; more are counted."""


def explain(row: Row, names: Mapping[int, str]) -> str:
    """Say in a sentence why the team stands where it does. `names` has those of all seeds."""
    rival, criterion = row.reason.rival, row.reason.criterion
    match criterion:
        case Basis.DISQUALIFIED:
            return "Disqualified."
        case Basis.POINTS:
            return f"{_points(row.points)}."
        case TieBreak.SEED:
            return f"Level with {names[rival]} in everything that counts; placed by seed."
    values = dict(row.reason.steps[-1].values)
    own = values.pop(row.seed)
    if criterion != TieBreak.HEAD_TO_HEAD:
        values = {rival: values[rival]}
    # Head-to-head is a matter of all who were tied, not only of the two.
    others = list(values)
    if own > values[rival]:
        side = {1: "ahead", 2: "ahead of both"}.get(len(others), "ahead of all")
    else:
        side = "behind" if len(others) == 1 else f"behind {names[rival]}"
        values = {rival: values[rival]}
    tied = len(others) + 1
    among = f" among the {_NUMBERS.get(tied, tied)}" if tied > 2 else ""
    compared = _compared(criterion, own, list(values.values()))
    return (
        f"Level with {_named(others, names, 'other ')} on {_level(row, others, names)};"
        f" {side} on {_LABELS[criterion]}{among} ({compared})."
    )


def _level(row: Row, others: Sequence[int], names: Mapping[int, str]) -> str:
    """On what the team and the others were level. A head-to-head of more teams names them."""
    shared: dict[Criterion, str] = {Basis.POINTS: _points(row.points)}
    for criterion, values in row.reason.steps[1:-1]:
        shared[criterion] = _LABELS[criterion]
        if criterion == TieBreak.HEAD_TO_HEAD and len(values) > len(others) + 1:
            shared[criterion] += f" (among {_named([seed for seed, _ in values], names)})"
    return _listed(shared.values())


def _compared(criterion: Criterion, own: float, others: Sequence[float]) -> str:
    if criterion == TieBreak.GAME_DIFFERENCE:
        return f"{_signed(own)} against {_signed(others[0])}"
    if criterion != TieBreak.HEAD_TO_HEAD:
        return f"{_number(own)} against {_number(others[0])}"
    if len(others) >= _NAMED:
        return f"{_points(own)} to {_number(others[0])} at most"
    return f"{_points(own)} to {_listed(map(_number, others))}"


def _named(seeds: Sequence[int], names: Mapping[int, str], other: str = "") -> str:
    if len(seeds) + bool(other) > _NAMED:
        return f"{len(seeds)} {other}teams"
    return _listed(names[seed] for seed in seeds)


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _points(value: float) -> str:
    return f"{_number(value)} point" if value == 1 else f"{_number(value)} points"


def _number(value: float) -> str:
    # Sonneborn-Berger has halves.
    return f"{value:.1f}".removesuffix(".0")


def _signed(value: float) -> str:
    return f"{value:+.0f}" if value else "0"
