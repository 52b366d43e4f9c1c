"""A tournament's bracket out of the database, and what became of it back into its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.tournaments.bracket import structure
from app.tournaments.bracket.build import best_of
from app.tournaments.bracket.placements import placements
from app.tournaments.bracket.resolution import Resolution, State, resolve
from app.tournaments.bracket.structure import (
    NOBODY,
    Bracket,
    Key,
    LoserOf,
    Outcome,
    Pairs,
    Result,
    Section,
    WinnerOf,
    parse_source,
)
from app.tournaments.models import Series, Team, Tournament

Status = Series.Status
DecidedBy = Series.DecidedBy


@dataclass
class RowChanges:
    changed: list[tuple[Series, dict[str, Any] | None]] = field(default_factory=list)
    """The rows that changed, and what they were; None for one that is new, and has no id yet."""
    gone: list[Series] = field(default_factory=list)
    """Those that are needed no more, to be deleted."""


@dataclass
class Board:
    """The teams by their seeds, the rows by their keys, and what is known of the course.

    `decided_by` says how the results came to be; of what follows from the bracket there are none.
    """

    tournament: Tournament
    teams: dict[int, Team]
    rows: dict[Key, Series]
    bracket: Bracket
    results: dict[Key, Result]
    decided_by: dict[Key, str]
    scores: dict[Key, tuple[int, int]]
    """Of the series that are being played."""
    pairs: dict[int, Pairs]

    @classmethod
    def load(cls, tournament: Tournament) -> "Board":
        """Read it in two queries, however large it is."""
        by_id = {team.pk: team for team in tournament.teams.exclude(seed=None).order_by("seed")}
        rows = {}
        for row in tournament.series.order_by("id"):
            row.team_a, row.team_b = (
                by_id[team_id] if team_id else None for team_id in (row.team_a_id, row.team_b_id)
            )
            rows[row.key] = row
        return cls.of(tournament, {team.seed or 0: team for team in by_id.values()}, rows)

    @classmethod
    def of(cls, tournament: Tournament, teams: dict[int, Team], rows: dict[Key, Series]) -> "Board":
        seeds = {team.pk: seed for seed, team in teams.items()}
        given = {key: row for key, row in rows.items() if _is_given(row)}
        return cls(
            tournament=tournament,
            teams=teams,
            rows=rows,
            bracket=_bracket(tournament, len(teams), rows),
            results={key: _result(row, seeds) for key, row in given.items()},
            decided_by={key: row.decided_by for key, row in given.items()},
            scores={
                key: (row.score_a, row.score_b)
                for key, row in rows.items()
                if row.status != Status.FINISHED
                and row.score_a is not None
                and row.score_b is not None
            },
            pairs=_pairs(rows.values(), seeds),
        )

    @classmethod
    def drawn(cls, tournament: Tournament, teams: Sequence[Team], bracket: Bracket) -> "Board":
        """Answer one of which nothing is stored yet, nor played."""
        by_seed = dict(enumerate(teams, start=1))
        return cls(tournament, by_seed, {}, bracket, {}, {}, {}, {})

    def seed_of(self, team_id: int | None) -> int | None:
        """Answer the seed of a team that is in the bracket."""
        return next((seed for seed, team in self.teams.items() if team.pk == team_id), None)

    def row(self, series_id: int | None) -> Series | None:
        return next((row for row in self.rows.values() if row.pk == series_id), None)

    def resolve(self) -> Resolution:
        left = sorted(
            (team.disqualified_at, seed)
            for seed, team in self.teams.items()
            if team.disqualified_at
        )
        return resolve(
            self.bracket,
            self.results,
            out=[seed for _, seed in left],
            unranked={seed for seed, team in self.teams.items() if team.is_unranked},
            pairs=self.pairs,
        )

    def update_rows(self, after: Resolution, now: datetime) -> "RowChanges":
        """Bring the rows up to the resolution."""
        changes = RowChanges()
        for key, state in after.states.items():
            row = self.rows.get(key)
            if row is None:
                row = self.rows[key] = new_row(self.tournament, self.bracket.by_key[key])
                before = None
            else:
                before = snapshot(row)
            self._update(row, state, now)
            if before is None or snapshot(row) != before:
                changes.changed.append((row, before))
        changes.gone = [self.rows.pop(key) for key in [*self.rows] if key not in after.states]
        return changes

    def _update(self, row: Series, state: State, now: datetime) -> None:
        sides = self._id(state.a), self._id(state.b)
        if (row.team_a_id, row.team_b_id) != sides:
            row.team_a_id, row.team_b_id = sides
            row.ready_at = now if None not in sides else None
            self.scores.pop(row.key, None)
            _take_report_back(row)
        if state.result is None:
            row.score_a, row.score_b = self.scores.get(row.key, (None, None))
            row.winner_id, row.outcome, row.decided_by, row.finished_at = None, "", "", None
            if None in sides:
                row.status = Status.WAITING
            elif row.status not in {Status.REPORTED, Status.DISPUTED}:
                row.status = Status.READY
            return
        result = state.result
        has_score = result.outcome != Outcome.BYE
        row.score_a, row.score_b = (result.score_a, result.score_b) if has_score else (None, None)
        row.winner_id, row.outcome = self._id(result.winner), result.outcome
        row.decided_by = self.decided_by.get(row.key, DecidedBy.BRACKET)
        _take_report_back(row)
        row.status, row.finished_at = Status.FINISHED, row.finished_at or now

    def _id(self, seed: int | None) -> int | None:
        return self.teams[seed].pk if seed else None

    def ranks(self, resolution: Resolution) -> dict[int, dict[str, Any]]:
        """Answer where each team stands, by its id: its rank in its group, and its final place."""
        found: dict[int, dict[str, Any]] = {}
        for group, table in resolution.tables().items():
            for row in table:
                found[self.teams[row.seed].pk] = {
                    "group": group,
                    "group_rank": row.rank,
                    "points": row.points,
                }
        for seed, place in placements(resolution).items():
            shared = {"rank": place.first, "rank_to": place.last}
            found.setdefault(self.teams[seed].pk, {}).update(shared)
        return found


def new_row(tournament: Tournament, series: structure.Series) -> Series:
    section, group, number, position = series.key
    return Series(
        tournament=tournament,
        section=section,
        group=group,
        round=number,
        position=position,
        source_a=str(series.a),
        source_b=str(series.b),
        best_of=series.best_of,
    )


def snapshot(row: Series) -> dict[str, Any]:
    """Answer what people are shown of a series that a change of the bracket can change."""
    return {
        "id": row.pk,
        "name": row.name,
        "team_a_id": row.team_a_id,
        "team_b_id": row.team_b_id,
        "score_a": row.score_a,
        "score_b": row.score_b,
        "winner_id": row.winner_id,
        "status": str(row.status),
        "outcome": str(row.outcome),
        "decided_by": str(row.decided_by),
        "reported_score_a": row.reported_score_a,
        "reported_score_b": row.reported_score_b,
    }


def _take_report_back(row: Series) -> None:
    row.reported_by_id = row.reported_score_a = row.reported_score_b = None
    if row.status in {Status.REPORTED, Status.DISPUTED}:
        row.status = Status.READY


def _is_given(row: Series) -> bool:
    return row.status == Status.FINISHED and row.decided_by != DecidedBy.BRACKET


def _result(row: Series, seeds: Mapping[int, int]) -> Result:
    # What people or games decided, two teams played, and has a score.
    assert row.team_a_id
    assert row.team_b_id
    return Result(
        a=seeds[row.team_a_id],
        b=seeds[row.team_b_id],
        score_a=row.score_a or 0,
        score_b=row.score_b or 0,
        winner=seeds[row.winner_id] if row.winner_id else NOBODY,
        outcome=Outcome(row.outcome),
    )


def _bracket(tournament: Tournament, teams: int, rows: Mapping[Key, Series]) -> Bracket:
    series = [
        structure.Series(key, parse_source(row.source_a), parse_source(row.source_b), row.best_of)
        for key, row in rows.items()
    ]
    # It has a row only while it is needed, and may be needed again.
    first = Key(Section.GRAND_FINAL, 0, 1, 1)
    reset = first._replace(round=2)
    rules = tournament.bracket_rules()
    if first in rows and reset not in rows and rules.grand_final_reset:
        games = best_of(rules, Section.GRAND_FINAL, reset.round, reset.round)
        series.append(structure.Series(reset, LoserOf(first), WinnerOf(first), games))
    return Bracket(rules, teams, tuple(series))


def _pairs(rows: Iterable[Series], seeds: Mapping[int, int]) -> dict[int, Pairs]:
    """Answer the Swiss rounds that are paired."""
    paired: dict[int, Pairs] = {}
    for row in rows:
        if row.section == Section.SWISS and row.team_a_id:
            pair = seeds[row.team_a_id], seeds[row.team_b_id] if row.team_b_id else NOBODY
            paired.setdefault(row.round, []).append(pair)
    return paired
