"""Every write to tournaments, teams and games."""

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError

from app.accounts.models import User
from app.tournaments.errors import TeamHasPlayed
from app.tournaments.models import Game, Team, Tournament

M = TypeVar("M", Tournament, Team, Game)


def create_tournament(*, organiser: User, **fields: Any) -> Tournament:
    return Tournament.objects.create(organiser=organiser, **fields)


def update_tournament(*, tournament: Tournament, **changes: Any) -> Tournament:
    return _save(tournament, changes)


def delete_tournament(*, tournament: Tournament) -> None:
    """Delete the tournament with its teams and games."""
    tournament.delete()


def create_team(*, tournament: Tournament, **fields: Any) -> Team:
    """Enter a team. Raises ValidationError when its name or seed is taken in the tournament."""
    return _save_team(Team(tournament=tournament), fields)


def update_team(*, team: Team, **changes: Any) -> Team:
    """Change a team. Raises ValidationError when its name or seed is taken in the tournament."""
    return _save_team(team, changes)


def delete_team(*, team: Team) -> None:
    """Take a team out. Raises TeamHasPlayed once it has games."""
    try:
        team.delete()
    except (RestrictedError, IntegrityError):
        # The latter when a game was added between the look and the delete.
        raise TeamHasPlayed from None


def create_game(*, tournament_id: int, radiant: Team, dire: Team, **fields: Any) -> Game:
    """Add a game. Raises ValidationError unless two of the tournament's teams play it."""
    return _save_game(Game(tournament_id=tournament_id, radiant=radiant, dire=dire), fields)


def update_game(*, game: Game, **changes: Any) -> Game:
    """Change a game. Raises ValidationError unless two of the tournament's teams play it."""
    return _save_game(game, changes)


def delete_game(*, game: Game) -> None:
    game.delete()


def _save_team(team: Team, changes: dict[str, Any]) -> Team:
    try:
        with transaction.atomic():
            return _save(team, changes)
    except IntegrityError:
        # The constraints decide; this only puts what they said into words.
        others = Team.objects.filter(tournament=team.tournament).exclude(pk=team.pk)
        taken = {
            field: f"Another team of the tournament has this {field}."
            for field in ("name", "seed")
            if getattr(team, field) is not None
            and others.filter(**{field: getattr(team, field)}).exists()
        }
        if not taken:
            raise
        raise ValidationError(taken) from None


def _save_game(game: Game, changes: dict[str, Any]) -> Game:
    for field, value in changes.items():
        setattr(game, field, value)
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
    return _save(game, changes)


def _save(instance: M, changes: dict[str, Any]) -> M:
    for field, value in changes.items():
        setattr(instance, field, value)
    # Only what changed: a slower request must not write back what a faster one has replaced.
    instance.save(update_fields=None if instance._state.adding else {*changes, "updated_at"})
    return instance
