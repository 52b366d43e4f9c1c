"""A change of a bracket: under the tournament's lock, with all that follows from it, and noted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.core.queue import nudge
from app.tournaments import tasks
from app.tournaments.board import Board, RowChanges, snapshot
from app.tournaments.bracket.resolution import Resolution, lasting_pairs
from app.tournaments.bracket.structure import Key, Result, Section, is_over
from app.tournaments.errors import (
    BracketChanged,
    ResultsFollowed,
    TournamentDeleted,
    TournamentNotRunning,
    TournamentNotStarted,
)
from app.tournaments.evidence import evidence_by_hand
from app.tournaments.models import BracketChange, Game, Series, Settlement, Tournament

Action = BracketChange.Action

# PostgreSQL takes no more than 65,535 values in a statement.
BATCH = 1_000

CHANGED_FIELDS = [
    "team_a",
    "team_b",
    "score_a",
    "score_b",
    "winner",
    "status",
    "outcome",
    "decided_by",
    "reported_by",
    "reported_score_a",
    "reported_score_b",
    "ready_at",
    "finished_at",
    "updated_at",
]


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants a bracket changed, and how.

    Nobody where Guildhall does so by itself. `force` lets go of results that were built on what is
    changed; `version` is that of the bracket that the change was thought out for.
    """

    actor: User | None = None
    reason: str = ""
    force: bool = False
    dry_run: bool = False
    version: int | None = None


@dataclass(slots=True)
class Consequences:
    """What a change does to the bracket: for each row what was `before` and is `after`."""

    series: list[dict[str, Any]] = field(default_factory=list)
    games: list[dict[str, Any]] = field(default_factory=list)
    teams: list[dict[str, Any]] = field(default_factory=list)
    """Who is put out, or plays again, or gives their seed to another."""
    standings: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    """The series that have been played, or reported, on the ground of what is changed."""
    version: int = 0


def locked(tournament_id: int) -> Tournament:
    """Lock the tournament until the transaction ends: its bracket changes one step at a time.

    Raises TournamentDeleted.
    """
    # Not against those who only refer to it, as foreign keys do.
    found = Tournament.objects.select_for_update(no_key=True).filter(pk=tournament_id).first()
    if found is None:
        raise TournamentDeleted
    return found


def locked_running(tournament_id: int, order: Order = Order()) -> Tournament:
    """The same of a tournament with a bracket that goes on.

    Raises TournamentNotStarted, TournamentNotRunning, and BracketChanged if the order was given for
    another version.
    """
    tournament = locked(tournament_id)
    refuse_unless_running(tournament)
    refuse_another_version(tournament, order)
    return tournament


def refuse_unless_running(tournament: Tournament) -> None:
    if not tournament.has_started:
        raise TournamentNotStarted
    if tournament.status != Tournament.Status.RUNNING:
        raise TournamentNotRunning


def refuse_another_version(tournament: Tournament, order: Order) -> None:
    if order.version not in {None, tournament.version}:
        raise BracketChanged


class Change:
    """An edit of what is known of a bracket. Make it under the lock, edit it, and apply() it."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.before = board.resolve()
        self._ranks = board.ranks(self.before)
        self._given = dict(board.results)
        self._entrants = _entrants(board)
        self._edited: set[Key] = set()
        self._overtaken: set[Key] = set()

    def give(self, key: Key, result: Result | None, decided_by: str = "") -> None:
        """Let a series end like this; with None, let it be played yet."""
        board, was = self.board, self.before.states[key].result
        if result is None:
            board.results.pop(key, None)
        else:
            board.results[key], board.decided_by[key] = result, decided_by
        self._edited.add(key)
        if key.section == Section.SWISS and was and (result is None or was.winner != result.winner):
            # Who met whom in the rounds since, which stay, followed from what was.
            self._overtaken |= {
                each
                for each in self._given
                if each.section == Section.SWISS and each.round > key.round
            }
        board.pairs = lasting_pairs(board.pairs, board.results, key)

    def apply(self, action: str, order: Order, series: Series | None = None) -> Consequences:
        """Write what follows from the edit; or with `dry_run`, only say what would.

        Raises ResultsFollowed where that is more than it may without `force`.
        """
        board = self.board
        after = board.resolve()
        found = Consequences(
            lost=[snapshot(board.rows[key]) for key in self._lost(after)],
            standings=_differences(self._ranks, board.ranks(after)),
            teams=[
                {"before": before, "after": now}
                for before, now in zip(self._entrants, _entrants(board), strict=True)
                if before != now
            ],
        )
        board.results = {
            key: result for key, result in board.results.items() if _has(after, key, result)
        }
        # What is void is decided by nobody, even if the bracket now ends it by itself.
        board.decided_by = {key: by for key, by in board.decided_by.items() if key in board.results}
        replayed = self._reopen(after)
        changes = board.update_rows(after, timezone.now())
        games = [*_games_of_others(changes), *replayed]
        found.games = [_loosened(game) for game in games]
        if found.lost and not (order.force or order.dry_run):
            raise ResultsFollowed(
                "This has been played or reported since, and would be lost or follow no more: "
                f"{', '.join(row['name'] for row in found.lost)}. Only force lets it go."
            )
        if not order.dry_run:
            dismiss(replayed)
            if games:
                loose = [game.pk for game in games]
                Game.objects.filter(pk__in=loose).update(series=None, updated_at=timezone.now())
            write(changes)
        # A row that is new has an id now.
        found.series = [
            {"before": before, "after": snapshot(row)} for row, before in changes.changed
        ] + [{"before": snapshot(row), "after": None} for row in changes.gone]
        if not order.dry_run:
            note(board.tournament.pk, action, order, series, found)
            _go_on(board.tournament, after)
        found.version = board.tournament.version
        return found

    def _reopen(self, after: Resolution) -> list[Game]:
        """Let series that are open again go on from the games that they have.

        Answers the games of those that these would end again: they are played anew.
        """
        reopened = {
            row.pk: row
            for key, row in self.board.rows.items()
            if row.status == Series.Status.FINISHED
            and _has_teams(after, key, self.before)
            and after.states[key].result is None
        }
        games = defaultdict(list)
        if reopened:
            for game in Game.objects.filter(series__in=reopened).order_by("id"):
                games[game.series_id].append(game)
        replayed = []
        for row in (reopened[pk] for pk in games if pk):
            score = games_won(row, games[row.pk])
            if is_over(row.best_of, *score):
                replayed += games[row.pk]
            elif any(score):
                self.board.scores[row.key] = score
        return replayed

    def _lost(self, after: Resolution) -> list[Key]:
        """Answer the series of which something would be lost other than what is edited."""
        rows = self.board.rows
        void = {key for key, result in self._given.items() if not _has(after, key, result)}
        unfinished = {
            key
            for key, row in rows.items()
            if (row.reported_score_a is not None or key in self.board.scores)
            and not (_has_teams(after, key, self.before) and after.states[key].result is None)
        }
        found = (void | unfinished | self._overtaken) - self._edited
        return [key for key in rows if key in found]


def _has(after: Resolution, key: Key, result: Result) -> bool:
    return key in after.states and after.states[key].result == result


def _has_teams(after: Resolution, key: Key, before: Resolution) -> bool:
    return key in after.states and after.states[key][:2] == before.states[key][:2]


def games_won(row: Series, games: Iterable[Game]) -> tuple[int, int]:
    """Answer how many of the games each of the series' teams has won."""
    winners = Counter(game.winner_id for game in games)
    return winners[row.team_a_id], winners[row.team_b_id]


def write(changes: RowChanges) -> None:
    """Write the rows that have changed, in as few statements as there are kinds of them."""
    if changes.gone:
        Series.objects.filter(pk__in=[row.pk for row in changes.gone]).delete()
    rows = [row for row, _ in changes.changed]
    for row in rows:
        row.updated_at = timezone.now()
    Series.objects.bulk_create([row for row in rows if row.pk is None], BATCH)
    if known := [row for row, before in changes.changed if before is not None]:
        Series.objects.bulk_update(known, CHANGED_FIELDS, BATCH)


def _games_of_others(changes: RowChanges) -> list[Game]:
    """Answer the games of series that are now between other teams, or are no more."""
    others = [row.pk for row in changes.gone] + [
        row.pk
        for row, before in changes.changed
        if before
        and before["team_a_id"]
        and before["team_b_id"]
        and (before["team_a_id"], before["team_b_id"]) != (row.team_a_id, row.team_b_id)
    ]
    return list(Game.objects.filter(series__in=others).order_by("id")) if others else []


def dismiss(games: Sequence[Game]) -> None:
    """Let Steam not bring back what people take out of a series."""
    settled = Settlement.objects.filter(game__in=games)
    known = {*settled.values_list("game", flat=True)}
    settled.update(status=Settlement.Status.DISMISSED, game=None, updated_at=timezone.now())
    # What was entered by hand was never settled.
    Settlement.objects.bulk_create(
        [
            Settlement(
                tournament_id=game.tournament_id,
                series=game.series,
                match=game.match,
                status=Settlement.Status.DISMISSED,
                evidence=evidence_by_hand(game),
            )
            for game in games
            if game.pk not in known and game.match and game.series
        ],
        update_conflicts=True,
        unique_fields=["match", "series"],
        update_fields=["status", "updated_at"],
    )


def undismiss(game: Game) -> None:
    """Say that people have put the game's match back into its series, if they had taken it out."""
    dismissed = Settlement.objects.filter(status=Settlement.Status.DISMISSED)
    dismissed.filter(match=game.match_id, series=game.series_id).update(
        status=Settlement.Status.RECORDED, game=game, updated_at=timezone.now()
    )


def _loosened(game: Game) -> dict[str, Any]:
    return {
        "before": {"id": game.pk, "series_id": game.series_id, "winner_id": game.winner_id},
        "after": {"id": game.pk, "series_id": None, "winner_id": game.winner_id},
    }


def _entrants(board: Board) -> list[dict[str, Any]]:
    return [
        {"id": team.pk, "name": team.name, "seed": seed, "is_out": team.is_out}
        for seed, team in board.teams.items()
    ]


def _differences(
    before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {"team_id": team, "before": before.get(team), "after": after.get(team)}
        for team in sorted({*before, *after})
        if before.get(team) != after.get(team)
    ]


def note(
    tournament_id: int,
    action: str,
    order: Order,
    series: Series | None,
    found: Consequences,
) -> None:
    """Keep who did it, when, why, and what was before and after; and tell of it once it is so."""
    kinds = {"series": found.series, "games": found.games, "teams": found.teams}
    before, after = (
        {kind: [each[side] for each in rows if each[side]] for kind, rows in kinds.items()}
        for side in ("before", "after")
    )
    change = BracketChange.objects.create(
        tournament_id=tournament_id,
        series=series,
        action=action,
        actor=order.actor,
        reason=order.reason,
        before=before,
        after=after,
    )
    # Robust: what has been done is done, whether somebody can be told or not.
    transaction.on_commit(lambda: nudge(tasks.tell_of_change, change_id=change.pk), robust=True)


def _go_on(tournament: Tournament, after: Resolution) -> None:
    """Count the change; a tournament that has something to be played again is running."""
    tournament.version += 1
    if tournament.finished_at and any(state.result is None for state in after.states.values()):
        tournament.status, tournament.finished_at = Tournament.Status.RUNNING, None
    tournament.save(update_fields=["version", "status", "finished_at", "updated_at"])
