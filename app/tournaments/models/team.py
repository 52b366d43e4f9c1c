from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from app.core.models import TimestampedModel, validate_one_line
from app.core.search import SearchIndex
from app.media.models import Upload
from app.tournaments.bracket.structure import MAX_TEAMS
from app.tournaments.models.tournament import Tournament
from app.tournaments.querysets import TeamQuerySet


class Team(TimestampedModel):
    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="teams", db_index=False)
    name = models.CharField(max_length=80, validators=[validate_one_line])
    logo = models.URLField(max_length=500, blank=True, help_text="A picture's URL, or empty.")
    logo_upload = models.OneToOneField(
        Upload,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="team",
        editable=False,
    )
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
        validators=[MinValueValidator(1), MaxValueValidator(MAX_TEAMS)],
        help_text="1 is the strongest; who has none once it has started is in reserve.",
    )
    rating = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(100_000)],
        help_text="How strong the organiser takes it to be, such as its average MMR.",
    )
    checked_in_at = models.DateTimeField(null=True, blank=True, editable=False)
    disqualified_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_unranked = models.BooleanField(
        default=False,
        editable=False,
        help_text="Disqualified before the playoff began: the last of the standings.",
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
            models.CheckConstraint(
                condition=Q(is_unranked=False) | Q(disqualified_at__isnull=False),
                name="team_unranked_is_disqualified",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_organised_by(self, user: Any) -> bool:
        return self.tournament.is_organised_by(user)

    def is_captained_by(self, user: Any) -> bool:
        return self.captain_id is not None and self.captain_id == user.pk

    @property
    def is_out(self) -> bool:
        return self.disqualified_at is not None


class TeamMember(TimestampedModel):
    """Somebody who plays for a team, or stands in."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members", db_index=False)
    # The team's own: for the constraint.
    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_members"
    )
    is_stand_in = models.BooleanField(
        default=False, help_text="Plays when somebody is missing, and may for several teams."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "member"], name="team_member_unique"),
            models.UniqueConstraint(
                fields=["tournament", "member"],
                condition=Q(is_stand_in=False),
                name="team_member_plays_for_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} of {self.team}"
