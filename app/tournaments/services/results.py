"""How series end: reported by one captain and confirmed by the other, or settled by the organiser.

Each of these is one step under the tournament's lock: of two at once the second sees what the first
has made of the series, and is told so.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from app.accounts.models import User
from app.tournaments.board import Board, snapshot
from app.tournaments.bracket.resolution import walkover
from app.tournaments.bracket.structure import NOBODY, STAGES, Outcome, Result, needed
from app.tournaments.errors import (
    AlreadyReported,
    BracketChanged,
    NotReported,
    OwnReport,
    SeriesFinished,
    SeriesNotDecided,
    SeriesNotFinished,
    SeriesNotReady,
)
from app.tournaments.models import Series, Team, Tournament
from app.tournaments.services.brackets import (
    Action,
    Change,
    Consequences,
    Order,
    locked,
    locked_running,
    note,
    refuse_another_version,
)

Status = Series.Status
DecidedBy = Series.DecidedBy


@dataclass(frozen=True, slots=True)
class Score:
    """What is said of a series: the games that each has won, or who is given the walkover."""

    score_a: int | None = None
    score_b: int | None = None
    outcome: str = Series.Outcome.PLAYED
    winner_id: int | None = None


@transaction.atomic
def update_series(*, series: Series, **changes: Any) -> Series:
    """Set when a series is played; or how many games it has, until something of it is known.

    Raises ValidationError; SeriesFinished; BracketChanged when there is no such series any more.
    """
    locked(series.tournament_id)
    row = _reread(series)
    if row is None:
        raise BracketChanged
    if changes.get("best_of", row.best_of) != row.best_of:
        if row.score_a is not None or row.reported_score_a is not None or row.outcome:
            raise SeriesFinished("The series has a score; how many games it has stays.")
        if changes["best_of"] % 2 == 0 and row.section not in STAGES:
            raise ValidationError(
                {"best_of": "Only groups and Swiss rounds can have an even number of games."}
            )
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields={*changes, "updated_at"})
    return row


@transaction.atomic
def report(
    *, series: Series, score: Score, by: User, version: int | None = None, force: bool = False
) -> Series:
    """Say how a series ended: the organiser for good, a captain for the other one to confirm.

    Raises ValidationError for a score that the series cannot have, SeriesNotReady, SeriesFinished;
    AlreadyReported when a captain has; TournamentNotRunning; BracketChanged if it is said of
    another version; ResultsFollowed without `force` where it had another result before, and there
    are results that were built on that.
    """
    order = Order(by, version=version, force=force)
    tournament = locked_running(series.tournament_id, order)
    if _decides(tournament, by):
        board = Board.load(tournament)
        row = _open(board.rows.get(series.key))
        _decide(board, row, score, Action.REPORT, order)
        return row
    row = _open(_reread(series))
    team = _own_team(row, by)
    # Who has reported may put it right until somebody has agreed.
    if row.status == Status.DISPUTED:
        raise AlreadyReported("The report is disputed; the organiser settles it.")
    if row.reported_by_id not in {None, team.pk}:
        raise AlreadyReported
    if score.outcome != Series.Outcome.PLAYED:
        raise PermissionDenied("Only the organiser gives a walkover or a double forfeit.")
    before = snapshot(row)
    row.reported_score_a, row.reported_score_b = played(row, score)
    row.status, row.reported_by = Status.REPORTED, team
    _save_report(row, before, Action.REPORT, order)
    return row


@transaction.atomic
def confirm(*, series: Series, by: User, seen: tuple[int, int] | None = None) -> Series:
    """Agree with the other captain's report: the series is finished. The organiser may as well.

    Raises AlreadyReported if that is not the score that they have `seen`, as it was put right in
    between; NotReported, OwnReport, SeriesNotReady, SeriesFinished, BracketChanged,
    TournamentNotRunning; ResultsFollowed when there are results that were built on another one;
    PermissionDenied for who is captain no more.
    """
    tournament = locked_running(series.tournament_id)
    board = Board.load(tournament)
    row = _reported(board.rows.get(series.key), tournament, by)
    score = Score(row.reported_score_a, row.reported_score_b)
    if seen not in {None, (score.score_a, score.score_b)}:
        raise AlreadyReported(
            f"By now {score.score_a}:{score.score_b} has been reported; confirm or dispute that."
        )
    _decide(board, row, score, Action.CONFIRM, Order(by))
    return row


@transaction.atomic
def dispute(*, series: Series, by: User, reason: str = "") -> Series:
    """Disagree with the other captain's report: the organiser settles it.

    Raises NotReported, OwnReport, SeriesNotReady, SeriesFinished, BracketChanged,
    TournamentNotRunning; PermissionDenied for who is captain no more.
    """
    tournament = locked_running(series.tournament_id)
    row = _reported(_reread(series), tournament, by)
    before = snapshot(row)
    row.status = Status.DISPUTED
    _save_report(row, before, Action.DISPUTE, Order(by, reason))
    return row


@transaction.atomic
def correct(*, series: Series, score: Score | None, order: Order) -> Consequences:
    """Give a finished series another result, or with None take it back; answer all that changes.

    Raises ValidationError, SeriesNotFinished, SeriesNotDecided; ResultsFollowed without `force`
    when there are results that were built on this one; BracketChanged if the order was given for
    another version.
    """
    tournament = locked(series.tournament_id)
    refuse_another_version(tournament, order)
    board = Board.load(tournament)
    row = board.rows.get(series.key)
    if row is None or row.status != Status.FINISHED:
        raise SeriesNotFinished
    if row.outcome == Series.Outcome.BYE:
        raise SeriesNotDecided
    if score is None and row.decided_by == DecidedBy.BRACKET:
        raise SeriesNotDecided("A team that is out forfeits it; reinstate the team instead.")
    change = Change(board)
    result = None if score is None else _result(board, row, score)
    change.give(row.key, result, DecidedBy.REPORT)
    return change.apply(Action.CORRECT, order, row)


def _decide(board: Board, row: Series, score: Score, action: Action, order: Order) -> None:
    change = Change(board)
    change.give(row.key, _result(board, row, score), DecidedBy.REPORT)
    change.apply(action, order, row)


def _decides(tournament: Tournament, user: User) -> bool:
    return user.is_staff or tournament.is_organised_by(user)


def _reread(series: Series) -> Series | None:
    rows = Series.objects.select_related("tournament", "team_a", "team_b")
    return rows.filter(pk=series.pk).first()


def _open(row: Series | None) -> Series:
    if row is None:
        raise BracketChanged
    if row.status == Status.FINISHED:
        raise SeriesFinished
    if row.status == Status.WAITING:
        raise SeriesNotReady
    return row


def _reported(row: Series | None, tournament: Tournament, by: User) -> Series:
    row = _open(row)
    if row.reported_score_a is None:
        raise NotReported
    if _decides(tournament, by):
        return row
    if row.status == Status.DISPUTED:
        raise NotReported("The report is disputed; the organiser settles it.")
    if row.reported_by_id == _own_team(row, by).pk:
        raise OwnReport
    return row


def _own_team(row: Series, captain: User) -> Team:
    """Answer the captain's. Raises PermissionDenied: who was captain may be so no more."""
    for team in (row.team_a, row.team_b):
        if team is not None and team.is_captained_by(captain):
            return team
    raise PermissionDenied("Only the captains of both teams and the organiser may do this.")


def _save_report(row: Series, before: dict[str, Any], action: Action, order: Order) -> None:
    row.save(
        update_fields=[
            "status",
            "reported_by",
            "reported_score_a",
            "reported_score_b",
            "updated_at",
        ]
    )
    found = Consequences(series=[{"before": before, "after": snapshot(row)}])
    note(row.tournament_id, action, order, row, found)


def _result(board: Board, row: Series, score: Score) -> Result:
    """Answer what the score says of the series, between its teams. Raises ValidationError."""
    a, b = (board.seed_of(team_id) for team_id in (row.team_a_id, row.team_b_id))
    assert a
    assert b
    match score.outcome:
        case Series.Outcome.DOUBLE_FORFEIT:
            return Result(a, b, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)
        case Series.Outcome.WALKOVER:
            if score.winner_id not in {row.team_a_id, row.team_b_id}:
                raise ValidationError({"winner_id": "Say which of the two teams goes on."})
            winner = a if score.winner_id == row.team_a_id else b
            return walkover(board.bracket.by_key[row.key], a, b, winner)
    return Result.played(a, b, *played(row, score))


def played(row: Series, score: Score) -> tuple[int, int]:
    """Answer the games that each has won. Raises ValidationError for what cannot be."""
    a, b = score.score_a, score.score_b
    if missing := [name for name in ("score_a", "score_b") if getattr(score, name) is None]:
        raise ValidationError(dict.fromkeys(missing, "Say how many games the team has won."))
    assert a is not None
    assert b is not None
    is_draw = a == b == row.best_of / 2 and row.section in STAGES
    if not is_draw and not (max(a, b) == needed(row.best_of) and a + b <= row.best_of):
        raise ValidationError(
            f"A best of {row.best_of} cannot end {a}:{b}; who wins it has won {needed(row.best_of)}"
            + (f", and it is drawn at {row.best_of // 2}." if row.best_of % 2 == 0 else ".")
        )
    return a, b
