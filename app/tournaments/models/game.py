from typing import Any

from django.db import models
from django.db.models import F, Q

from app.core.models import TimestampedModel
from app.steam.models import Match
from app.tournaments.models.series import Series
from app.tournaments.models.team import Team
from app.tournaments.models.tournament import Tournament
from app.tournaments.querysets import GameQuerySet


class Game(TimestampedModel):
    """One game of Dota 2 between two teams of a tournament."""

    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="games", db_index=False)
    series = models.ForeignKey(
        Series,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="games",
        help_text="Null for a friendly game.",
        db_index=False,
    )
    match = models.ForeignKey(
        Match,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="games",
        help_text="The match that Steam recorded.",
        db_index=False,
    )
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
            models.Index(fields=["series", "id"], name="game_series"),
            models.Index(fields=["winner", "id"], name="game_winner"),
        ]
        constraints = [
            # Not over all tournaments: whoever entered a match in theirs would take it from others.
            # The match comes first, as games are looked up by it.
            models.UniqueConstraint(
                fields=["match", "tournament"],
                name="game_match_unique",
                violation_error_message=(
                    "The match is another game of this tournament; change or delete that one."
                ),
            ),
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
