from typing import Any

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import ModelSerializer
from app.steam.models import Hero, LiveGame, LiveGamePlayer


class HeroSerializer(ModelSerializer[Hero]):
    example = {"hero_id": 74, "name": "npc_dota_hero_invoker", "localized_name": "Invoker"}

    class Meta:
        model = Hero
        fields = ["hero_id", "name", "localized_name"]
        read_only_fields = fields
        extra_kwargs = {"localized_name": {"help_text": "What people call it, in English."}}


class HeroesSerializer(serializers.Serializer[dict[str, Any]]):
    example = {"results": [HeroSerializer.example]}

    results = HeroSerializer(many=True)


class LiveGamePlayerSerializer(ModelSerializer[LiveGamePlayer]):
    example = {
        "account_id": 22202,
        "member": MemberSerializer.example,
        "is_radiant": True,
        "hero_id": 74,
    }

    member = MemberSerializer(read_only=True, allow_null=True)

    class Meta:
        model = LiveGamePlayer
        fields = ["account_id", "member", "is_radiant", "hero_id"]
        read_only_fields = fields


class LiveGameSerializer(ModelSerializer[LiveGame]):
    example = {
        "match_id": 8012345678,
        "kind": "league",
        "lobby_id": "29137452817462814",
        "league_id": 15000,
        "spectators": 1240,
        "game_time": 1312,
        "stream_delay": 120,
        "average_mmr": None,
        "radiant_name": "Night Owls",
        "dire_name": "Early Birds",
        "radiant_score": 18,
        "dire_score": 11,
        "radiant_lead": None,
        "seen_at": "2026-10-01T20:24:00Z",
        "members": [LiveGamePlayerSerializer.example],
        "players": [LiveGamePlayerSerializer.example],
    }

    # Beyond 2^53, where a browser's numbers lose digits.
    lobby_id = serializers.CharField(read_only=True)
    members = LiveGamePlayerSerializer(
        many=True, read_only=True, help_text="Those of the players who are members."
    )
    players = LiveGamePlayerSerializer(many=True, read_only=True)

    class Meta:
        model = LiveGame
        fields = [
            "match_id",
            "kind",
            "lobby_id",
            "league_id",
            "spectators",
            "game_time",
            "stream_delay",
            "average_mmr",
            "radiant_name",
            "dire_name",
            "radiant_score",
            "dire_score",
            "radiant_lead",
            "seen_at",
            "members",
            "players",
        ]
        read_only_fields = fields


class LiveGamesSerializer(serializers.Serializer[dict[str, Any]]):
    example = {"results": [LiveGameSerializer.example]}

    results = LiveGameSerializer(many=True)
