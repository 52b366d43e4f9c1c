from app.core.serializers import IdField, ModelSerializer
from app.steam.models import Match
from app.tournaments.models import Settlement
from app.tournaments.serializers.tournaments import TIMES


class MatchInSettlementSerializer(ModelSerializer[Match]):
    class Meta:
        model = Match
        fields = ["match_id", "start_time", "duration", "league_id"]
        read_only_fields = fields


class SettlementSerializer(ModelSerializer[Settlement]):
    """A Steam match that may be a game of a series, and what speaks for it and against it.

    For each team the evidence has the members that played, among them stand-ins, how many of the
    players on that side are known to be the team's, and how many are anonymous. `winner_id` is the
    team that won, `minutes_after_ready` when it began after both teams were known, and `league`
    whether that is the tournament's own: `same`, `other` or null. `doubts` are sentences that say
    why it is not sure.
    """

    example = {
        "id": 5,
        "series_id": 31,
        "match_id": 8000000001,
        "match": {
            "match_id": 8000000001,
            "start_time": "2026-10-01T20:00:00Z",
            "duration": 2345,
            "league_id": 0,
        },
        "game_id": None,
        "status": "pending",
        "evidence": {
            "team_a": {
                "team_id": 4,
                "side": "dire",
                "members": [7, 12, 13, 20, 31],
                "found": 5,
                "players": 5,
                "stand_ins": 1,
                "anonymous": 0,
            },
            "team_b": {
                "team_id": 9,
                "side": "radiant",
                "members": [8, 14, 15],
                "found": 3,
                "players": 5,
                "stand_ins": 0,
                "anonymous": 2,
            },
            "winner_id": 4,
            "minutes_after_ready": 12,
            "league": None,
            "doubts": ["Only 3 of 5 on radiant play for Early Birds; 2 are anonymous."],
        },
        **TIMES,
    }

    series_id = IdField(read_only=True)
    match_id = IdField(read_only=True)
    match = MatchInSettlementSerializer(read_only=True)
    game_id = IdField(read_only=True, allow_null=True, help_text="The game that it is recorded as.")

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
