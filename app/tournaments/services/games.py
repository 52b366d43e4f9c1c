"""Games. Those of a series make its score, and its result unless people have said it."""

from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from app.steam.models import Match
from app.tournaments.board import Board
from app.tournaments.bracket.structure import Result, is_over, needed
from app.tournaments.errors import GameDeleted, MatchTaken, SeriesNotReady
from app.tournaments.models import Game, Series, Team
from app.tournaments.services.brackets import (
    Action,
    Change,
    Order,
    dismiss,
    games_won,
    locked,
    refuse_unless_running,
    undismiss,
)

DecidedBy = Series.DecidedBy


def create_game(
    *, tournament_id: int, radiant: Team, dire: Team, order: Order, **fields: Any
) -> Game:
    """Add a game, of a series or a friendly one; what its match says is taken from there.

    Raises ValidationError unless two of the tournament's teams, and of the series, play it;
    MatchTaken, SeriesNotReady, TournamentNotRunning; ResultsFollowed without `force`.
    """
    game = Game(tournament_id=tournament_id, radiant=radiant, dire=dire)
    return _save_game(game, fields, order)


def update_game(*, game: Game, order: Order, **changes: Any) -> Game:
    """Change a game. Raises what create_game does, and GameDeleted when it has just been."""
    return _save_game(game, changes, order)


@transaction.atomic
def delete_game(*, game: Game, order: Order) -> None:
    """Delete a game; the series goes by those that are left.

    Raises GameDeleted when it has just been; ResultsFollowed without `force`, TournamentNotRunning.
    """
    tournament = locked(game.tournament_id)
    game = _reread(game)
    if game.series_id is not None:
        refuse_unless_running(tournament)
    dismiss([game])
    game.delete()
    if game.series_id is not None:
        _follow(Board.load(tournament), game.series_id, order)


def _save_game(game: Game, changes: dict[str, Any], order: Order) -> Game:
    if game._state.adding and not changes.get("series_id"):
        # What is new and friendly nobody else writes.
        return _save(game, _set(game, changes))
    return _save_locked(game, changes, order)


@transaction.atomic
def _save_locked(game: Game, changes: dict[str, Any], order: Order) -> Game:
    tournament = locked(game.tournament_id)
    stored = None if game._state.adding else _reread(game)
    game = game if stored is None else copy(stored)
    was_of = game.series_id
    changes = _set(game, changes)
    if not (was_of or game.series_id):
        return _save(game, changes)
    refuse_unless_running(tournament)
    board = Board.load(tournament)
    _save(game, changes)
    if stored and (was_of, stored.match_id) != (game.series_id, game.match_id):
        dismiss([stored])
    if was_of and was_of != game.series_id:
        _follow(board, was_of, order)
    if game.series_id:
        if game.match_id:
            undismiss(game)
        # Only now: without the game, the series that it was of may lead elsewhere.
        _refuse_another_series(board, game, is_new=game.series_id != was_of)
        _follow(board, game.series_id, order)
    return game


def _set(game: Game, changes: dict[str, Any]) -> dict[str, Any]:
    """Change the game, and answer all that is changed. Raises ValidationError."""
    for field, value in changes.items():
        setattr(game, field, value)
    if changes.get("match_id") and game.match is not None:
        changes = changes | _taken_from(game.match, game, changes)
    _refuse_clashes(game)
    return changes


def _reread(game: Game) -> Game:
    row = Game.objects.select_related("radiant", "dire").filter(pk=game.pk).first()
    if row is None:
        raise GameDeleted
    return row


def _save(game: Game, changes: dict[str, Any]) -> Game:
    # Only what changed: a slower request must not write back what a faster one replaced.
    fields = None if game._state.adding else {*changes, "updated_at"}
    if game.match_id is None:
        game.save(update_fields=fields)
        return game
    try:
        with transaction.atomic():
            game.save(update_fields=fields)
    except IntegrityError:
        same = Game.objects.filter(match=game.match_id, tournament=game.tournament_id)
        if same.exclude(pk=game.pk).exists():
            raise MatchTaken from None
        raise
    return game


def _taken_from(match: Match, game: Game, given: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the match knows and nobody has said."""
    won = game.radiant_id if match.radiant_win else game.dire_id
    known = {"winner_id": won, "duration": match.duration, "played_at": match.start_time}
    found = {name: value for name, value in known.items() if name not in given}
    for name, value in found.items():
        setattr(game, name, value)
    return found


def _refuse_clashes(game: Game) -> None:
    wrong = {
        f"{side}_id": "The tournament has no such team."
        for side, team in (("radiant", game.radiant), ("dire", game.dire))
        if team.tournament_id != game.tournament_id
    }
    if game.radiant_id == game.dire_id:
        wrong["dire_id"] = "A team cannot play itself."
    if game.winner_id not in {None, game.radiant_id, game.dire_id}:
        wrong["winner_id"] = "The winner must be one of the two teams."
    if wrong:
        raise ValidationError(wrong)


def _refuse_another_series(board: Board, game: Game, *, is_new: bool) -> None:
    row = board.row(game.series_id)
    if row is None:
        raise ValidationError({"series_id": "The tournament has no such series."})
    if row.team_a_id is None or row.team_b_id is None:
        raise SeriesNotReady
    if {row.team_a_id, row.team_b_id} != {game.radiant_id, game.dire_id}:
        raise ValidationError({"series_id": "Other teams play in this series."})
    # What people have reported may have games that nobody has entered yet.
    if is_new and row.outcome and row.decided_by != DecidedBy.REPORT:
        raise ValidationError({"series_id": "The series is over; change what it was decided by."})


def _follow(board: Board, series_id: int, order: Order) -> None:
    """Let a series have the score of its games, and end when they decide it.

    What people have said of its result stays.
    """
    row = board.row(series_id)
    if row is None or row.decided_by == DecidedBy.REPORT:
        return
    key = row.key
    change = Change(board)
    state = change.before.states[key]
    if not state.a or not state.b:
        return  # a game that was played before its series came to be between others
    a, b = games_won(row, row.games.all())
    if max(a, b) > needed(row.best_of) or a + b > row.best_of:
        raise ValidationError({"series_id": f"A best of {row.best_of} has ended before {a}:{b}."})
    ends = is_over(row.best_of, a, b)
    result = Result.played(state.a, state.b, a, b) if ends else None
    board.scores.pop(key, None)
    if result is None and (a or b):
        board.scores[key] = a, b
    change.give(key, result, DecidedBy.GAMES)
    change.apply(Action.GAMES, order, row)
