from typing import Any

from rest_framework import serializers

from app.core.serializers import IdField, ModelSerializer
from app.steam.models import Match
from app.tournaments.evidence import OTHER, SAME
from app.tournaments.models import Settlement
from app.tournaments.serializers.examples import (
    EARLY_BIRDS,
    NEXT_MATCH_ID,
    NIGHT_OWLS,
    SEMI_FINAL_ID,
)


class MatchInSettlementSerializer(ModelSerializer[Match]):
    class Meta:
        model = Match
        fields = ["match_id", "start_time", "duration", "league_id"]
        read_only_fields = fields


class LineupSerializer(serializers.Serializer[Any]):
    """A team as it seems to have played; nobody is counted of a match that was entered by hand."""

    team_id = IdField()
    side = serializers.ChoiceField(choices=["radiant", "dire"])
    members = serializers.ListField(
        child=IdField(), help_text="The team's members who played, stand-ins among them."
    )
    found = serializers.IntegerField(allow_null=True, help_text="How many those are.")
    players = serializers.IntegerField(allow_null=True, help_text="How many played on that side.")
    stand_ins = serializers.IntegerField(
        allow_null=True, help_text="How many of those found stand in."
    )
    anonymous = serializers.IntegerField(
        allow_null=True, help_text="How many on that side nobody can know."
    )


class EvidenceSerializer(serializers.Serializer[Any]):
    """What speaks for a match being a game of a series, and against it."""

    team_a = LineupSerializer()
    team_b = LineupSerializer()
    winner_id = IdField(allow_null=True, help_text="The team that won.")
    minutes_after_ready = serializers.IntegerField(
        help_text="When it began after both teams were known; negative if that was before."
    )
    league = serializers.ChoiceField(
        choices=[SAME, OTHER],
        allow_null=True,
        help_text="Whether it was played in the tournament's own; null if either has none.",
    )
    doubts = serializers.ListField(
        child=serializers.CharField(), help_text="Sentences that say why it is not sure."
    )


class EvidenceField(serializers.JSONField):
    """Answered as it is stored; drf-spectacular reads what it is of here."""

    _spectacular_annotation = {"field": EvidenceSerializer, "field_component_name": None}


class SettlementSerializer(ModelSerializer[Settlement]):
    """A Steam match that may be a game of a series, and what speaks for it and against it."""

    example = {
        "id": 5,
        "series_id": SEMI_FINAL_ID,
        "match_id": NEXT_MATCH_ID,
        "match": {
            "match_id": NEXT_MATCH_ID,
            "start_time": "2026-10-01T20:52:00Z",
            "duration": 2710,
            "league_id": 0,
        },
        "game_id": None,
        "status": "pending",
        "evidence": {
            "team_a": {
                "team_id": NIGHT_OWLS["id"],
                "side": "dire",
                "members": [7, 12, 13, 20, 31],
                "found": 5,
                "players": 5,
                "stand_ins": 1,
                "anonymous": 0,
            },
            "team_b": {
                "team_id": EARLY_BIRDS["id"],
                "side": "radiant",
                "members": [8, 14, 15],
                "found": 3,
                "players": 5,
                "stand_ins": 0,
                "anonymous": 2,
            },
            "winner_id": NIGHT_OWLS["id"],
            "minutes_after_ready": 62,
            "league": None,
            "doubts": ["Only 3 of 5 on radiant play for Early Birds; 2 are anonymous."],
        },
        "created_at": "2026-10-01T21:40:00Z",
        "updated_at": "2026-10-01T21:40:00Z",
    }

    series_id = IdField(read_only=True)
    match_id = IdField(read_only=True)
    match = MatchInSettlementSerializer(read_only=True)
    game_id = IdField(read_only=True, allow_null=True, help_text="The game that it is recorded as.")
    evidence = EvidenceField(read_only=True)

    class Meta:
        model = Settlement
        fields = [
            "id",
            "series_id",
            "match_id",
            "match",
            "game_id",
            "status",
            "evidence",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields
