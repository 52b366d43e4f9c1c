from typing import Any

from rest_framework import serializers

from app.core.serializers import IdField
from app.steam.models import Match
from app.tournaments.models import Game, Team
from app.tournaments.serializers.series import TeamInGameSerializer
from app.tournaments.serializers.teams import STAYS, InTournamentSerializer
from app.tournaments.serializers.tournaments import TIMES


class GameSerializer(InTournamentSerializer):
    example = {
        "id": 1,
        "tournament_id": 1,
        "series_id": 31,
        "match_id": 8000000001,
        "radiant_id": 1,
        "dire_id": 2,
        "winner_id": 1,
        "radiant": {"id": 1, "name": "Night Owls", "seed": 1},
        "dire": {"id": 2, "name": "Early Birds", "seed": 2},
        "duration": 2345,
        "played_at": "2026-10-01T20:00:00Z",
        **TIMES,
    }

    tournament_id = IdField(help_text=STAYS)
    series_id = IdField(
        required=False, allow_null=True, help_text="Of these two teams; null for a friendly game."
    )
    match_id = IdField(
        required=False,
        allow_null=True,
        help_text="A stored Steam match, from which comes what is not said here.",
    )
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
            "series_id",
            "match_id",
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

    def validate_match_id(self, match_id: int | None) -> int | None:
        if match_id is not None and not Match.objects.stored().filter(pk=match_id).exists():
            raise serializers.ValidationError("There is no such match, or it is not stored yet.")
        return match_id

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
