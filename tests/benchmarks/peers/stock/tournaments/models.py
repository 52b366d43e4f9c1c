from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Tournament(models.Model):
    class Type(models.TextChoices):
        SINGLE_ELIMINATION = "single_elimination"
        DOUBLE_ELIMINATION = "double_elimination"
        ROUND_ROBIN = "round_robin"
        SWISS = "swiss"

    name = models.CharField(max_length=120)
    description = models.TextField(max_length=5000, blank=True)
    tournament_type = models.CharField(max_length=32, choices=Type)
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="tournaments"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)
    captain = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="teams"
    )
    seed = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tournament", "name"], name="team_name_unique"),
            models.UniqueConstraint(fields=["tournament", "seed"], name="team_seed_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Game(models.Model):
    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="games")
    series_id = models.PositiveBigIntegerField(null=True, blank=True)
    match_id = models.PositiveBigIntegerField(null=True, blank=True)
    radiant = models.ForeignKey(Team, models.RESTRICT, related_name="radiant_games")
    dire = models.ForeignKey(Team, models.RESTRICT, related_name="dire_games")
    winner = models.ForeignKey(
        Team, models.RESTRICT, null=True, blank=True, related_name="won_games"
    )
    duration = models.PositiveIntegerField(null=True, blank=True)
    played_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(radiant=F("dire")), name="game_of_two_teams"),
            models.CheckConstraint(
                condition=Q(winner=None) | Q(winner=F("radiant")) | Q(winner=F("dire")),
                name="game_winner_played",
            ),
        ]

    def __str__(self) -> str:
        return f"Game {self.pk}"
