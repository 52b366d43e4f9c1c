"""What a player's page shows, kept as matches come in: app.steam.records."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class PlayerRecord(models.Model):
    """A member's stored matches, summed up."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="steam_record"
    )
    games = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()
    abandons = models.PositiveIntegerField(help_text="Matches that they left for good.")
    kills = models.PositiveBigIntegerField()
    deaths = models.PositiveBigIntegerField()
    assists = models.PositiveBigIntegerField()
    streak = models.IntegerField(help_text="Wins in a row up to now; below 0, losses.")
    last_played_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(wins__lte=F("games")), name="player_record_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.wins} of {self.games}"


class HeroRecord(models.Model):
    """The same of those on one hero."""

    pk = models.CompositePrimaryKey("member_id", "hero_id")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="hero_records", db_index=False
    )
    hero_id = models.PositiveIntegerField()
    games = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()
    kills = models.PositiveBigIntegerField()
    deaths = models.PositiveBigIntegerField()
    assists = models.PositiveBigIntegerField()
    last_played_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.member_id} on {self.hero_id}: {self.wins} of {self.games}"


class PeerRecord(models.Model):
    """The matches of two members on one side, or on either; each has a row of the other."""

    pk = models.CompositePrimaryKey("member_id", "peer_id")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="peer_records", db_index=False
    )
    peer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    games_with = models.PositiveIntegerField()
    wins_with = models.PositiveIntegerField()
    games_against = models.PositiveIntegerField()
    wins_against = models.PositiveIntegerField()
    last_played_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.member_id} and {self.peer_id}"
