from django.conf import settings
from django.db import models
from django.db.models import Q

from app.core.models import TimestampedModel
from app.steam.querysets import MatchQuerySet


class Match(TimestampedModel):
    """A Dota 2 match that a member played.

    It is pending from when a history names it until its details are stored, or until it is known
    that they never will be. Details are null until then.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        STORED = "stored"
        UNAVAILABLE = "unavailable"

    match_id = models.BigIntegerField(primary_key=True)
    # Ids follow a match's start, sequence numbers its end; details come by the latter.
    match_seq_num = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    reason = models.CharField(
        max_length=200, blank=True, help_text="Why the details are unavailable."
    )
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="When the sync asks again for a pending match."
    )
    start_time = models.DateTimeField()
    duration = models.PositiveIntegerField(null=True, blank=True, help_text="In seconds.")
    radiant_win = models.BooleanField(null=True, blank=True)
    lobby_type = models.IntegerField(null=True, blank=True)
    game_mode = models.IntegerField(null=True, blank=True)
    cluster = models.IntegerField(null=True, blank=True)
    league_id = models.IntegerField(null=True, blank=True)
    human_players = models.PositiveIntegerField(null=True, blank=True)
    first_blood_time = models.IntegerField(null=True, blank=True)
    radiant_score = models.PositiveIntegerField(null=True, blank=True)
    dire_score = models.PositiveIntegerField(null=True, blank=True)
    tower_status_radiant = models.PositiveIntegerField(null=True, blank=True)
    tower_status_dire = models.PositiveIntegerField(null=True, blank=True)
    barracks_status_radiant = models.PositiveIntegerField(null=True, blank=True)
    barracks_status_dire = models.PositiveIntegerField(null=True, blank=True)
    radiant_name = models.TextField(blank=True)
    dire_name = models.TextField(blank=True)
    picks_bans = models.JSONField(default=list, blank=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "matches"
        ordering = ["-match_id"]
        indexes = [
            models.Index("retry_at", condition=Q(state="pending"), name="match_pending"),
            models.Index("start_time", condition=Q(state="stored"), name="match_stored"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="stored") | Q(radiant_win__isnull=False),
                name="match_stored_is_decided",
            ),
        ]

    def __str__(self) -> str:
        return str(self.match_id)


class MatchPlayer(models.Model):
    """A row of a match's scoreboard."""

    match = models.ForeignKey(Match, models.CASCADE, related_name="players")
    # Bit 7 is the side (1 = dire), bits 0 to 2 the position on it. The only key within a match:
    # all anonymous players share one account number.
    player_slot = models.PositiveSmallIntegerField()
    account_id = models.BigIntegerField(
        null=True, blank=True, db_index=True, help_text="Null for an anonymous player."
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="match_players",
    )
    is_radiant = models.GeneratedField(
        expression=Q(player_slot__lt=128),  # type: ignore[arg-type]  # narrower than Django
        output_field=models.BooleanField(),
        db_persist=True,
    )
    hero_id = models.PositiveIntegerField()
    hero_variant = models.PositiveIntegerField()
    items = models.JSONField()
    backpack = models.JSONField()
    item_neutral = models.PositiveIntegerField()
    item_neutral2 = models.PositiveIntegerField()
    kills = models.PositiveIntegerField()
    deaths = models.PositiveIntegerField()
    assists = models.PositiveIntegerField()
    leaver_status = models.PositiveIntegerField()
    last_hits = models.PositiveIntegerField()
    denies = models.PositiveIntegerField()
    gold_per_min = models.PositiveIntegerField()
    xp_per_min = models.PositiveIntegerField()
    level = models.PositiveIntegerField()
    net_worth = models.IntegerField()
    hero_damage = models.IntegerField()
    tower_damage = models.IntegerField()
    hero_healing = models.IntegerField()

    class Meta:
        ordering = ["player_slot"]
        constraints = [
            models.UniqueConstraint(fields=["match", "player_slot"], name="match_player_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.match_id}, slot {self.player_slot}"


class MemberSync(TimestampedModel):
    """How far a member's match history is known, and when to look again."""

    class Status(models.TextChoices):
        OK = "ok"
        PRIVATE = "private"
        FAILING = "failing"

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="steam_sync"
    )
    # Another account means another history, to be read from its start.
    steam_id = models.BigIntegerField()
    newest_match_id = models.BigIntegerField(
        default=0, help_text="Every match of the history up to this one is known."
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.OK)
    error = models.CharField(max_length=200, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.member_id}: {self.status}"
