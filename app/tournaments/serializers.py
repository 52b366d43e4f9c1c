"""Writes name others by id, as radiant_id; reads have the id and, where it helps, the whole."""

from typing import Any

from rest_framework import serializers

from app.accounts.models import User
from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.tournaments.models import Game, Team, Tournament

STAYS = "Cannot be changed later."
_TIMES = {"created_at": "2026-09-01T18:00:00Z", "updated_at": "2026-09-02T09:30:00Z"}


class TournamentSerializer(ModelSerializer[Tournament]):
    example = {
        "id": 1,
        "name": "Winter Cup",
        "description": "Eight teams, one weekend.",
        "tournament_type": "single_elimination",
        "organiser": MemberSerializer.example,
        **_TIMES,
    }

    organiser = MemberSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Tournament
        fields = [
            "id",
            "name",
            "description",
            "tournament_type",
            "organiser",
            "created_at",
            "updated_at",
        ]


class InTournamentSerializer(ModelSerializer[Any]):
    """What belongs to a tournament, and stays in it."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if self.instance is not None:
            fields["tournament_id"].read_only = True
        return fields


class TeamSerializer(InTournamentSerializer):
    example = {
        "id": 1,
        "tournament_id": 1,
        "name": "Night Owls",
        "captain_id": 7,
        "seed": 1,
        **_TIMES,
    }

    tournament_id = serializers.PrimaryKeyRelatedField(
        source="tournament", queryset=Tournament.objects.all(), help_text=STAYS
    )
    captain_id = serializers.PrimaryKeyRelatedField(
        source="captain", queryset=User.objects.active(), required=False, allow_null=True
    )

    class Meta:
        model = Team
        fields = ["id", "tournament_id", "name", "captain_id", "seed", "created_at", "updated_at"]


class TeamInGameSerializer(ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ["id", "name", "seed"]
        read_only_fields = fields


class GameSerializer(InTournamentSerializer):
    example = {
        "id": 1,
        "tournament_id": 1,
        "radiant_id": 1,
        "dire_id": 2,
        "winner_id": 1,
        "radiant": {"id": 1, "name": "Night Owls", "seed": 1},
        "dire": {"id": 2, "name": "Early Birds", "seed": 2},
        "duration": 2345,
        "played_at": "2026-10-01T20:00:00Z",
        **_TIMES,
    }

    tournament_id = IdField(help_text=STAYS)
    radiant_id = IdField()
    dire_id = IdField()
    winner_id = IdField(required=False, allow_null=True)
    radiant = TeamInGameSerializer(read_only=True)
    dire = TeamInGameSerializer(read_only=True)

    class Meta:
        model = Game
        fields = [
            "id",
            "tournament_id",
            "radiant_id",
            "dire_id",
            "winner_id",
            "radiant",
            "dire",
            "duration",
            "played_at",
            "created_at",
            "updated_at",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Find the teams that the ids name, and their tournament, in one query."""
        tournament_id = self.instance.tournament_id if self.instance else attrs["tournament_id"]
        ids = {s: attrs.pop(f"{s}_id") for s in ("radiant", "dire") if f"{s}_id" in attrs}
        found = Team.objects.two_of(tournament_id, *ids.values()) if ids else {}
        if strangers := [side for side in ids if ids[side] not in found]:
            raise serializers.ValidationError(
                {f"{side}_id": "The tournament has no such team." for side in strangers}
            )
        return attrs | {side: found[ids[side]] for side in ids}
