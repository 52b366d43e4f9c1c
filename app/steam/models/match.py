from django.conf import settings
from django.db import models
from django.db.models import Q

from app.core.models import TimestampedModel
from app.steam.querysets import MatchQuerySet


class Match(TimestampedModel):
    """A Dota 2 match that a member played.

    It is pending from when a history names it until its details are stored, or until it is known
    that they will not come. Details are null until then.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        STORED = "stored"
        UNAVAILABLE = "unavailable"

    class Reason(models.TextChoices):
        """Why the details of a match are unavailable."""

        HIDDEN = "hidden", "Steam hides this match, as it does those of Immortal Draft."
        NOT_TICKETED = "not_ticketed", "The lobby had no league ticket, so Steam keeps no record."
        PRIVATE = "private", "Those of our members who played it share no match history."
        GONE = "gone", "Steam lists this match and, asked several times, had no details of it."
        MALFORMED = "malformed", "Steam's details of this match made no sense."

    class Source(models.TextChoices):
        STEAM = "steam", "Steam"
        OPENDOTA = "opendota", "OpenDota"

    match_id = models.BigIntegerField(primary_key=True)
    # Ids follow a match's start, sequence numbers its end; details come by the latter.
    match_seq_num = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    reason = models.CharField(
        max_length=16, choices=Reason, blank=True, help_text="Why the details are unavailable."
    )
    source = models.CharField(
        max_length=16, choices=Source, default=Source.STEAM, help_text="Who gave the details."
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often Steam was asked for the details and gave no answer."
    )
    denials = models.PositiveSmallIntegerField(
        default=0, help_text="How often it answered that it has none."
    )
    retry_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Of a pending match, when the sync asks again; of an unavailable one, from when "
        "on it does if a history still lists it.",
    )
    opendota_at = models.DateTimeField(
        null=True, blank=True, help_text="When OpenDota was asked for what Steam does not give."
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
            # The newest are fetched first, however many an old history has put in line.
            models.Index("state", models.F("match_id").desc(), name="match_state"),
            models.Index(
                models.F("match_id").desc(),
                condition=Q(state="unavailable", opendota_at__isnull=True),
                name="match_unasked",
            ),
            models.Index("start_time", condition=Q(state="stored"), name="match_stored"),
            models.Index("start_time", name="match_start"),
            models.Index("lobby_type", models.F("match_id").desc(), name="match_lobby"),
            models.Index("game_mode", models.F("match_id").desc(), name="match_mode"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="stored") | Q(radiant_win__isnull=False),
                name="match_stored_is_decided",
            ),
            models.CheckConstraint(
                condition=Q(state="unavailable") ^ Q(reason=""),
                name="match_unavailable_says_why",
            ),
        ]

    def __str__(self) -> str:
        return str(self.match_id)

    @property
    def explanation(self) -> str:
        """The reason in a sentence, if there is one."""
        return str(self.get_reason_display())


class MatchPlayer(models.Model):
    """A row of a match's scoreboard; of a match that is not stored, of its members alone.

    Of those no more is known than the hero: what they did is null, and they have no items.

    The key begins with the match's id, so that both tables can be parted by ranges of it.
    """

    pk = models.CompositePrimaryKey("match_id", "player_slot")
    match = models.ForeignKey(Match, models.CASCADE, related_name="players", db_index=False)
    # Bit 7 is the side (1 = dire), bits 0 to 2 the position on it. The only key within a match:
    # all anonymous players share one account number.
    player_slot = models.PositiveSmallIntegerField()
    account_id = models.BigIntegerField(
        null=True, blank=True, help_text="Null for an anonymous player."
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="match_players",
        db_index=False,
    )
    is_radiant = models.GeneratedField(
        expression=Q(player_slot__lt=128),  # type: ignore[arg-type]  # narrower than Django
        output_field=models.BooleanField(),
        db_persist=True,
    )
    won = models.BooleanField(null=True, blank=True, help_text="Null until the match is stored.")
    hero_id = models.PositiveIntegerField()
    hero_variant = models.PositiveIntegerField(null=True, blank=True)
    items = models.JSONField(default=list)
    backpack = models.JSONField(default=list)
    item_neutral = models.PositiveIntegerField(null=True, blank=True)
    item_neutral2 = models.PositiveIntegerField(null=True, blank=True)
    kills = models.PositiveIntegerField(null=True, blank=True)
    deaths = models.PositiveIntegerField(null=True, blank=True)
    assists = models.PositiveIntegerField(null=True, blank=True)
    leaver_status = models.PositiveIntegerField(null=True, blank=True)
    last_hits = models.PositiveIntegerField(null=True, blank=True)
    denies = models.PositiveIntegerField(null=True, blank=True)
    gold_per_min = models.PositiveIntegerField(null=True, blank=True)
    xp_per_min = models.PositiveIntegerField(null=True, blank=True)
    level = models.PositiveIntegerField(null=True, blank=True)
    net_worth = models.IntegerField(null=True, blank=True)
    hero_damage = models.IntegerField(null=True, blank=True)
    tower_damage = models.IntegerField(null=True, blank=True)
    hero_healing = models.IntegerField(null=True, blank=True)

    class Meta:
        ordering = ["player_slot"]
        indexes = [
            models.Index(
                "member",
                models.F("match_id").desc(),
                condition=Q(member__isnull=False),
                name="match_player_member",
            ),
            models.Index(
                "hero_id",
                models.F("match_id").desc(),
                condition=Q(member__isnull=False),
                name="match_player_hero",
            ),
            # Who may become a member: nobody else's rows are looked for by account.
            models.Index(
                "account_id",
                condition=Q(member__isnull=True, account_id__isnull=False),
                name="match_player_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.match_id}, slot {self.player_slot}"
