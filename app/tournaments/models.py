from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from app.core.models import TimestampedModel
from app.core.search import SearchIndex
from app.tournaments.querysets import GameQuerySet, TeamQuerySet


class Tournament(TimestampedModel):
    class Type(models.TextChoices):
        SINGLE_ELIMINATION = "single_elimination"
        DOUBLE_ELIMINATION = "double_elimination"
        ROUND_ROBIN = "round_robin"
        SWISS = "swiss"

    name = models.CharField(max_length=120)
    description = models.TextField(max_length=5000, blank=True)
    tournament_type = models.CharField(max_length=32, choices=Type)
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tournaments",
        help_text="Without one, staff alone look after the tournament.",
        db_index=False,
    )

    class Meta:
        ordering = ["-id"]
        # An index for each filter ends in the order: a page is read off it, however many rows there
        # are, and whatever the value.
        indexes = [
            models.Index(fields=["organiser", "id"], name="tournament_organiser"),
            SearchIndex(weights={"name": "A", "description": "B"}, name="tournament_search"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_organised_by(self, user: Any) -> bool:
        return self.organiser_id is not None and self.organiser_id == user.pk


class Team(TimestampedModel):
    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="teams", db_index=False)
    name = models.CharField(max_length=80)
    captain = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="captained_teams",
        db_index=False,
    )
    seed = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1024)],
        help_text="1 is the strongest.",
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["tournament", "id"], name="team_tournament"),
            models.Index(fields=["captain", "id"], name="team_captain"),
            SearchIndex(weights={"name": "A"}, name="team_search"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tournament", "name"], name="team_name_unique"),
            models.UniqueConstraint(fields=["tournament", "seed"], name="team_seed_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_organised_by(self, user: Any) -> bool:
        return self.tournament.is_organised_by(user)


class Game(TimestampedModel):
    """One game of Dota 2 between two teams of a tournament."""

    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="games", db_index=False)
    # Restricted, not protected: a tournament goes with its teams and its games at once.
    radiant = models.ForeignKey(Team, models.RESTRICT, related_name="radiant_games")
    dire = models.ForeignKey(Team, models.RESTRICT, related_name="dire_games")
    winner = models.ForeignKey(
        Team, models.RESTRICT, null=True, blank=True, related_name="won_games", db_index=False
    )
    duration = models.PositiveIntegerField(null=True, blank=True, help_text="In seconds.")
    played_at = models.DateTimeField(null=True, blank=True)

    objects = GameQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tournament", "id"], name="game_tournament"),
            models.Index(fields=["winner", "id"], name="game_winner"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(radiant=F("dire")), name="game_of_two_teams"),
            models.CheckConstraint(
                condition=Q(winner=None) | Q(winner=F("radiant")) | Q(winner=F("dire")),
                name="game_winner_played",
            ),
        ]

    def __str__(self) -> str:
        return f"Game {self.pk}"

    def is_organised_by(self, user: Any) -> bool:
        return self.tournament.is_organised_by(user)
