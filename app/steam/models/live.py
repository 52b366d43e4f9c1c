from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models


class Hero(models.Model):
    """A hero as Steam names it in English."""

    hero_id = models.PositiveIntegerField(primary_key=True)
    name = models.CharField(max_length=64, help_text="Dota's own, as npc_dota_hero_antimage.")
    localized_name = models.CharField(max_length=64)

    class Meta:
        ordering = ["localized_name", "hero_id"]
        verbose_name_plural = "heroes"

    def __str__(self) -> str:
        return self.localized_name


class LiveGame(models.Model):
    """A game with a member in it that Steam shows right now: of a league, or among the top ones."""

    STALE: Final = timedelta(minutes=15)
    """A game is shown for no longer than this after Steam last showed it, should it fall silent."""

    class Kind(models.TextChoices):
        LEAGUE = "league", "League"
        TOP = "top", "Top"

    match_id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind)
    lobby_id = models.BigIntegerField()
    league_id = models.IntegerField(default=0)
    spectators = models.PositiveIntegerField(default=0)
    game_time = models.IntegerField(default=0, help_text="In seconds.")
    stream_delay = models.IntegerField(default=0, help_text="In seconds.")
    average_mmr = models.PositiveIntegerField(null=True, blank=True)
    radiant_name = models.TextField(blank=True)
    dire_name = models.TextField(blank=True)
    radiant_score = models.PositiveIntegerField(default=0)
    dire_score = models.PositiveIntegerField(default=0)
    radiant_lead = models.IntegerField(
        null=True, blank=True, help_text="By how much net worth Radiant leads, if Steam says."
    )
    seen_at = models.DateTimeField(help_text="When Steam last showed it.")

    class Meta:
        ordering = ["-spectators", "match_id"]

    def __str__(self) -> str:
        return str(self.match_id)


class LiveGamePlayer(models.Model):
    pk = models.CompositePrimaryKey("game_id", "account_id")
    game = models.ForeignKey(LiveGame, models.CASCADE, related_name="players", db_index=False)
    account_id = models.BigIntegerField()
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    is_radiant = models.BooleanField()
    hero_id = models.PositiveIntegerField(default=0, help_text="0 until one is picked.")

    class Meta:
        ordering = ["-is_radiant", "account_id"]

    def __str__(self) -> str:
        return f"{self.game_id}: {self.account_id}"
