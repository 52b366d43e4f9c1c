from typing import Any

from rest_framework import serializers

from app.core.serializers import IdField
from app.steam.models import Match
from app.tournaments.models import Game, Team
from app.tournaments.serializers.examples import (
    EARLY_BIRDS,
    GAME_ID,
    MATCH_ID,
    NIGHT_OWLS,
    PLAYED_AT,
    SEMI_FINAL_ID,
    TOURNAMENT_ID,
)
from app.tournaments.serializers.teams import (
    STAYS,
    InTournamentSerializer,
    TeamNameSerializer,
)


class GameSerializer(InTournamentSerializer):
    example = {
        "id": GAME_ID,
        "tournament_id": TOURNAMENT_ID,
        "series_id": SEMI_FINAL_ID,
        "match_id": MATCH_ID,
        "radiant_id": NIGHT_OWLS["id"],
        "dire_id": EARLY_BIRDS["id"],
        "winner_id": NIGHT_OWLS["id"],
        "radiant": NIGHT_OWLS,
        "dire": EARLY_BIRDS,
        "duration": 2345,
        "played_at": PLAYED_AT,
        "created_at": "2026-10-01T20:50:00Z",
        "updated_at": "2026-10-01T20:50:00Z",
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
    radiant = TeamNameSerializer(read_only=True)
    dire = TeamNameSerializer(read_only=True)

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
