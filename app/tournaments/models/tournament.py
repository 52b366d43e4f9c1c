from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from app.core.models import TimestampedModel, validate_one_line
from app.core.search import SearchIndex
from app.events.models import Event
from app.tournaments.bracket.structure import (
    MAX_TEAMS,
    BestOf,
    Kind,
    Rules,
    Section,
    TieBreak,
)
from app.tournaments.querysets import TournamentQuerySet

LONGEST = 9
"""How many games a series has at most."""
MOST_BEST_OF = 64
"""How many rounds have a number of games of their own at most: lists answer all of them."""
# As far as JavaScript counts exactly.
LARGEST_NUMBER = 2**53 - 1


def default_tie_breaks() -> list[str]:
    return [TieBreak.HEAD_TO_HEAD, TieBreak.GAME_DIFFERENCE, TieBreak.SEED]


def validate_tie_breaks(value: Any) -> None:
    known = list(TieBreak)
    if (
        not isinstance(value, list)
        or len({*map(str, value)}) < len(value)
        or any(each not in known for each in value)
    ):
        raise ValidationError(
            f"Give a list of these, each once: {', '.join(known)}.", code="tie_breaks"
        )


def validate_best_of_rounds(value: Any) -> None:
    if not isinstance(value, list) or not all(map(_is_best_of, value)) or _has_more(value):
        raise ValidationError(
            'Give a list such as [{"section": "upper", "round": -1, "best_of": 5}]: a section is '
            f"one of {', '.join(Section)}; a round counts from 1, or from -1 for the last, and may "
            f"be null for all; best_of is 1 to {LONGEST}. A round is named once, and "
            f"{MOST_BEST_OF} of them at most.",
            code="best_of_rounds",
        )


def _has_more(value: list[dict[str, Any]]) -> bool:
    named = {(each["section"], each.get("round")) for each in value}
    return len(value) > min(len(named), MOST_BEST_OF)


def _is_best_of(value: Any) -> bool:
    if not isinstance(value, dict) or not {"section", "best_of"} <= {*value} <= {
        "section",
        "round",
        "best_of",
    }:
        return False
    number, games = value.get("round"), value["best_of"]
    return (
        value["section"] in list(Section)
        and (number is None or (type(number) is int and 1 <= abs(number) <= 2 * MAX_TEAMS))
        and type(games) is int
        and 1 <= games <= LONGEST
    )


class Tournament(TimestampedModel):
    class Type(models.TextChoices):
        SINGLE_ELIMINATION = "single_elimination"
        DOUBLE_ELIMINATION = "double_elimination"
        ROUND_ROBIN = "round_robin"
        SWISS = "swiss"

    class Status(models.TextChoices):
        DRAFT = "draft"
        REGISTRATION = "registration"
        RUNNING = "running"
        FINISHED = "finished"

    class Playoff(models.TextChoices):
        SINGLE_ELIMINATION = "single_elimination"
        DOUBLE_ELIMINATION = "double_elimination"

    class Seeding(models.TextChoices):
        MANUAL = "manual"
        RATING = "rating"
        RANDOM = "random"

    WITH_STANDINGS = (Type.ROUND_ROBIN, Type.SWISS)
    """The types that a playoff can follow, and whose series can be drawn."""

    name = models.CharField(max_length=120, validators=[validate_one_line])
    description = models.TextField(max_length=5000, blank=True)
    rules = models.TextField(
        max_length=20_000, blank=True, help_text="What the teams agree to, for people to read."
    )
    tournament_type = models.CharField(max_length=32, choices=Type)
    status = models.CharField(
        max_length=16,
        choices=Status,
        default=Status.DRAFT,
        help_text="A draft is seen by its organiser and staff alone, and has no teams.",
    )
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tournaments",
        help_text="Without one, staff alone look after the tournament.",
        db_index=False,
    )
    event = models.ForeignKey(
        Event,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tournaments",
        help_text="The event that it is played at.",
        db_index=False,
    )
    steam_league_id = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Of the Dota 2 league that its matches are played in, if they are.",
    )
    max_teams = models.PositiveSmallIntegerField(
        default=MAX_TEAMS,
        validators=[MinValueValidator(2), MaxValueValidator(MAX_TEAMS)],
        help_text="How many teams can sign up.",
    )
    sign_up = models.BooleanField(
        default=True, help_text="Whether members enter teams themselves, or the organiser alone."
    )
    check_in = models.BooleanField(
        default=False, help_text="Whether a team that has not checked in is left out at the start."
    )
    best_of = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST)],
        help_text="How many games a series has; an even number can be drawn.",
    )
    best_of_rounds = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_best_of_rounds],
        help_text="Rounds with another number of games; a negative round counts from the last.",
    )
    third_place = models.BooleanField(
        default=False, help_text="Whether single elimination has a series for the third place."
    )
    grand_final_reset = models.BooleanField(
        default=True,
        help_text="Whether the grand final of double elimination is played again when the team "
        "that has not lost before loses it.",
    )
    groups = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_TEAMS // 2)],
        help_text="Of a round robin.",
    )
    legs = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(2)],
        help_text="How often each meets each in a round robin; 2 is home and away.",
    )
    swiss_rounds = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_TEAMS - 1)],
        help_text="Null for as many as single out one team: 4 for 9 to 16 teams.",
    )
    points_win = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(100)])
    points_draw = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(100)])
    points_loss = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    tie_breaks = models.JSONField(
        default=default_tie_breaks,
        blank=True,
        validators=[validate_tie_breaks],
        help_text="What sets apart teams with the same points, in this order; at last their seeds.",
    )
    playoff = models.CharField(
        max_length=32,
        choices=Playoff,
        blank=True,
        help_text="What follows the groups or the Swiss rounds; empty for nothing.",
    )
    qualifiers = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MAX_TEAMS)],
        help_text="How many of each group, or of the Swiss standings, go on to the playoff.",
    )

    seeding = models.CharField(
        max_length=16, choices=Seeding, default=Seeding.MANUAL, editable=False
    )
    seeding_number = models.PositiveBigIntegerField(
        null=True,
        editable=False,
        help_text="What a random order was made from: with it, anyone can make it again.",
    )
    version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts the changes of the bracket."
    )
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = TournamentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        # An index for each filter ends in the order: a page is read off it, however many rows there
        # are, and whatever the value.
        indexes = [
            models.Index(fields=["organiser", "id"], name="tournament_organiser"),
            models.Index(fields=["event", "id"], name="tournament_event"),
            models.Index(fields=["status", "id"], name="tournament_status"),
            SearchIndex(weights={"name": "A", "description": "B"}, name="tournament_search"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "registration"], started_at=None)
                | Q(status__in=["running", "finished"], started_at__isnull=False),
                name="tournament_started",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_organised_by(self, user: Any) -> bool:
        return self.organiser_id is not None and self.organiser_id == user.pk

    @property
    def has_started(self) -> bool:
        return self.status in {self.Status.RUNNING, self.Status.FINISHED}

    @property
    def has_lower_bracket(self) -> bool:
        return self.Type.DOUBLE_ELIMINATION in {self.tournament_type, self.playoff}

    @property
    def page_url(self) -> str:
        """Its page at the frontend; nothing where there is none."""
        return f"{settings.FRONTEND_URL}/tournaments/{self.pk}" if settings.FRONTEND_URL else ""

    def bracket_rules(self) -> Rules:
        return Rules(
            kind=Kind(self.tournament_type),
            best_of=self.best_of,
            best_of_rounds=tuple(
                BestOf(Section(each["section"]), each.get("round"), each["best_of"])
                for each in self.best_of_rounds
            ),
            third_place=self.third_place,
            grand_final_reset=self.grand_final_reset,
            groups=self.groups,
            legs=self.legs,
            swiss_rounds=self.swiss_rounds,
            points_win=self.points_win,
            points_draw=self.points_draw,
            points_loss=self.points_loss,
            tie_breaks=tuple(map(TieBreak, self.tie_breaks)),
            playoff=Kind(self.playoff) if self.playoff else None,
            qualifiers=self.qualifiers,
        )
