from typing import Any

from django.db import models

from app.core.models import TimestampedModel
from app.steam.models import Match
from app.tournaments.models.game import Game
from app.tournaments.models.series import Series
from app.tournaments.models.tournament import Tournament
from app.tournaments.querysets import SettlementQuerySet


class Settlement(TimestampedModel):
    """A Steam match that may be a game of a series, and what is known for and against it."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RECORDED = "recorded"
        DISMISSED = "dismissed"

    tournament = models.ForeignKey(
        Tournament, models.CASCADE, related_name="settlements", db_index=False
    )
    series = models.ForeignKey(Series, models.CASCADE, related_name="settlements")
    match = models.ForeignKey(Match, models.CASCADE, related_name="settlements", db_index=False)
    game = models.OneToOneField(
        Game,
        models.SET_NULL,
        null=True,
        related_name="settlement",
        help_text="Once it is recorded.",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    evidence = models.JSONField(default=dict)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["tournament", "id"], name="settlement_tournament")]
        constraints = [
            models.UniqueConstraint(fields=["match", "series"], name="settlement_unique"),
        ]

    def __str__(self) -> str:
        return f"Match {self.match_id} for {self.series}"

    @property
    def key(self) -> tuple[int, int]:
        return self.match_id, self.series_id

    def is_organised_by(self, user: Any) -> bool:
        return self.tournament.is_organised_by(user)
