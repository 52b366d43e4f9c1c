from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from app.core.models import TimestampedModel
from app.tournaments.bracket.structure import Key, parse_source
from app.tournaments.bracket.structure import Section as BracketSection
from app.tournaments.models.team import Team
from app.tournaments.models.tournament import LONGEST, Tournament
from app.tournaments.querysets import BracketChangeQuerySet, SeriesQuerySet


class Series(TimestampedModel):
    """A place of the bracket, where two teams play each other once they are known."""

    class Section(models.TextChoices):
        GROUP = "group"
        SWISS = "swiss"
        UPPER = "upper"
        LOWER = "lower"
        THIRD_PLACE = "third_place"
        GRAND_FINAL = "grand_final"

    class Status(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        REPORTED = "reported"
        DISPUTED = "disputed"
        FINISHED = "finished"

    class Outcome(models.TextChoices):
        PLAYED = "played"
        WALKOVER = "walkover"
        DOUBLE_FORFEIT = "double_forfeit"
        BYE = "bye"

    class DecidedBy(models.TextChoices):
        REPORT = "report"
        """What the captains agree on, or the organiser says."""
        GAMES = "games"
        """Its games, with which the result changes."""
        BRACKET = "bracket"
        """What follows by itself: a bye, or a disqualified team's forfeit."""

    OPEN = (Status.READY, Status.REPORTED, Status.DISPUTED)

    tournament = models.ForeignKey(
        Tournament, models.CASCADE, related_name="series", db_index=False
    )
    section = models.CharField(max_length=16, choices=Section)
    group = models.PositiveSmallIntegerField(default=0, help_text="0 where there are no groups.")
    round = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    source_a = models.CharField(max_length=40, help_text="Where the first team comes from.")
    source_b = models.CharField(max_length=40, help_text="Where the second team comes from.")
    best_of = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
    )
    # Restricted, not protected: a tournament goes with its teams and its series at once.
    team_a = models.ForeignKey(Team, models.RESTRICT, null=True, related_name="+", db_index=False)
    team_b = models.ForeignKey(Team, models.RESTRICT, null=True, related_name="+", db_index=False)
    score_a = models.PositiveSmallIntegerField(null=True)
    score_b = models.PositiveSmallIntegerField(null=True)
    winner = models.ForeignKey(Team, models.RESTRICT, null=True, related_name="+", db_index=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    decided_by = models.CharField(max_length=16, choices=DecidedBy, blank=True)
    reported_by = models.ForeignKey(
        Team,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The team whose captain has reported what is to be confirmed.",
    )
    reported_score_a = models.PositiveSmallIntegerField(null=True)
    reported_score_b = models.PositiveSmallIntegerField(null=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, help_text="When both teams were known.")
    finished_at = models.DateTimeField(null=True)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "series"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["tournament", "id"], name="series_tournament"),
            models.Index(fields=["status", "id"], name="series_status"),
            models.Index(fields=["team_a", "id"], name="series_team_a"),
            models.Index(fields=["team_b", "id"], name="series_team_b"),
            models.Index(fields=["winner"], name="series_winner"),
            models.Index(fields=["scheduled_at", "id"], name="series_scheduled"),
            models.Index(fields=["finished_at", "id"], name="series_finished"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tournament", "section", "group", "round", "position"],
                name="series_place_unique",
            ),
            models.CheckConstraint(condition=~Q(team_a=F("team_b")), name="series_of_two_teams"),
            models.CheckConstraint(
                condition=Q(winner=None) | Q(winner=F("team_a")) | Q(winner=F("team_b")),
                name="series_winner_played",
            ),
            models.CheckConstraint(
                condition=Q(status="finished", finished_at__isnull=False)
                & ~Q(outcome="")
                & ~Q(decided_by="")
                | ~Q(status="finished")
                & Q(winner=None, outcome="", decided_by="", finished_at=None),
                name="series_finished_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(status="reported", reported_score_a__isnull=False)
                | Q(status="disputed", reported_score_a__isnull=False)
                | Q(status__in=["waiting", "ready", "finished"], reported_score_a=None),
                name="series_reported_has_score",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "finished"])
                | Q(team_a__isnull=False, team_b__isnull=False),
                name="series_ready_has_teams",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> Key:
        return Key(BracketSection(self.section), self.group, self.round, self.position)

    @property
    def name(self) -> str:
        # Loaded when somebody reads it: no cold start needs the words.
        from app.tournaments.bracket.names import series_name

        return series_name(self.key, double=self.tournament.has_lower_bracket)

    def label(self, side: str) -> str | None:
        """What stands in for the team of side a or b while it is not known."""
        from app.tournaments.bracket.names import source_name

        if getattr(self, f"team_{side}_id"):
            return None
        if self.outcome == Series.Outcome.BYE:
            return "Bye"
        source = parse_source(getattr(self, f"source_{side}"))
        return source_name(source, double=self.tournament.has_lower_bracket)

    def is_organised_by(self, user: Any) -> bool:
        return self.tournament.is_organised_by(user)

    def is_captained_by(self, user: Any) -> bool:
        return any(team.is_captained_by(user) for team in (self.team_a, self.team_b) if team)


class BracketChange(models.Model):
    """What was done to a bracket: who, when, why, and what came of it."""

    class Action(models.TextChoices):
        START = "start"
        REPORT = "report"
        CONFIRM = "confirm"
        DISPUTE = "dispute"
        GAMES = "games"
        CORRECT = "correct"
        DISQUALIFY = "disqualify"
        REINSTATE = "reinstate"
        SUBSTITUTE = "substitute"
        FINISH = "finish"

    tournament = models.ForeignKey(
        Tournament, models.CASCADE, related_name="changes", db_index=False
    )
    series = models.ForeignKey(
        Series,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The one that was reported or corrected.",
    )
    action = models.CharField(max_length=16, choices=Action)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Null for what Guildhall did by itself, such as by a Steam match.",
    )
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict, help_text="Its series, games and teams, as they were.")
    after = models.JSONField(default=dict, help_text="The same, as they became.")
    created_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(
        null=True, editable=False, help_text="When the notices of it were written."
    )

    objects = BracketChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tournament", "id"], name="change_tournament"),
            models.Index(fields=["created_at"], name="change_untold", condition=Q(told_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.tournament_id}"
