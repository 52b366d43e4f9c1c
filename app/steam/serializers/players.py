from typing import Any, Literal

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import ModelSerializer
from app.steam.models import HeroRecord, MemberSync, PeerRecord, PlayerRecord

Status = MemberSync.Status

# What people are told; what Steam answered is for staff.
EXPLANATIONS = {
    Status.NEVER: "Their match history has not been read yet.",
    Status.OK: "New matches come in as they play.",
    Status.PRIVATE: (
        "They do not share their match history, so no new matches come in. "
        "In Dota 2 it is the option Expose Public Match Data that does."
    ),
    Status.FAILING: "Steam did not give their match history the last time, and is asked again.",
}
ALMOST = "New matches come in as they play; older ones are still being read."

ACCOUNT_ID = "The account's number of 32 bits, as Dota 2 has it."
STEAM_ID = "Its SteamID64."
LAST_PLAYED_AT = "When the last one began."


class PlayerSyncSerializer(serializers.Serializer[MemberSync]):
    example = {
        "status": "ok",
        "since": "2026-10-01T18:05:00Z",
        "synced_at": "2026-10-01T21:00:00Z",
        "explanation": EXPLANATIONS[Status.OK],
        "backfilling": False,
    }

    status = serializers.ChoiceField(choices=Status.choices)
    since = serializers.DateTimeField(allow_null=True, help_text="Since when the status is so.")
    synced_at = serializers.DateTimeField(
        allow_null=True, help_text="When the newest part of the history was last read."
    )
    explanation = serializers.SerializerMethodField(help_text="The status in a sentence.")
    backfilling = serializers.SerializerMethodField(
        help_text="Whether there are older matches that are still to come."
    )

    def get_explanation(self, sync: MemberSync) -> str:
        if sync.status == Status.OK and sync.gap_from is not None:
            return ALMOST
        return EXPLANATIONS[Status(sync.status)]

    def get_backfilling(self, sync: MemberSync) -> bool:
        return sync.gap_from is not None or sync.status == Status.NEVER


class StreakSerializer(serializers.Serializer[PlayerRecord]):
    example = {"kind": "wins", "length": 3}

    kind = serializers.SerializerMethodField(help_text="Null before the first game.")
    length = serializers.SerializerMethodField(help_text="So many in a row, up to the last game.")

    def get_kind(self, record: PlayerRecord) -> Literal["wins", "losses"] | None:
        if record.streak == 0:
            return None
        return "wins" if record.streak > 0 else "losses"

    def get_length(self, record: PlayerRecord) -> int:
        return abs(record.streak)


class PlayerRecordSerializer(serializers.Serializer[PlayerRecord]):
    example = {
        "games": 412,
        "wins": 221,
        "losses": 191,
        "win_rate": 0.5364,
        "abandons": 2,
        "kills": 3120,
        "deaths": 2544,
        "assists": 5871,
        "streak": StreakSerializer.example,
        "last_played_at": "2026-10-01T20:00:00Z",
    }

    games = serializers.IntegerField(help_text="Those of which the details are stored.")
    wins = serializers.IntegerField()
    losses = serializers.SerializerMethodField()
    win_rate = serializers.SerializerMethodField(
        help_text="From 0 to 1, to four places; null before the first game."
    )
    abandons = serializers.IntegerField(help_text="Games that they left for good.")
    kills = serializers.IntegerField()
    deaths = serializers.IntegerField()
    assists = serializers.IntegerField()
    streak = StreakSerializer(source="*")
    last_played_at = serializers.DateTimeField(allow_null=True, help_text=LAST_PLAYED_AT)

    def get_losses(self, record: PlayerRecord) -> int:
        return record.games - record.wins

    def get_win_rate(self, record: PlayerRecord) -> float | None:
        return round(record.wins / record.games, 4) if record.games else None


class HeroRecordSerializer(ModelSerializer[HeroRecord]):
    example = {
        "hero_id": 74,
        "localized_name": "Invoker",
        "games": 57,
        "wins": 31,
        "kills": 498,
        "deaths": 377,
        "assists": 812,
        "last_played_at": "2026-10-01T20:00:00Z",
    }

    localized_name = serializers.CharField(
        read_only=True, help_text="Empty for a hero that is newer than our list of them."
    )

    class Meta:
        model = HeroRecord
        fields = [
            "hero_id",
            "localized_name",
            "games",
            "wins",
            "kills",
            "deaths",
            "assists",
            "last_played_at",
        ]
        read_only_fields = fields
        extra_kwargs = {"last_played_at": {"help_text": LAST_PLAYED_AT}}


class PeerSerializer(ModelSerializer[PeerRecord]):
    example = {
        "member": MemberSerializer.example,
        "games": 38,
        "wins": 21,
        "last_played_at": "2026-10-01T20:00:00Z",
    }

    member = MemberSerializer(source="peer", read_only=True)

    class Meta:
        model = PeerRecord
        fields = ["member", "games", "wins", "last_played_at"]
        read_only_fields = fields
        extra_kwargs = {
            "last_played_at": {"help_text": "When the last game of the two began, on either side."}
        }


class PlayedWithSerializer(PeerSerializer):
    games = serializers.IntegerField(source="games_with", read_only=True)
    wins = serializers.IntegerField(source="wins_with", read_only=True)


class PlayedAgainstSerializer(PeerSerializer):
    games = serializers.IntegerField(source="games_against", read_only=True)
    wins = serializers.IntegerField(
        source="wins_against", read_only=True, help_text="The player's, not the other's."
    )


class PlayerSerializer(serializers.Serializer[dict[str, Any]]):
    example = {
        "account_id": 22202,
        "steam_id": "76561197960287930",
        "member": MemberSerializer.example,
        "persona_name": "Ada",
        "avatar": "https://avatars.steamstatic.com/ada_full.jpg",
        "sync": PlayerSyncSerializer.example,
        "record": PlayerRecordSerializer.example,
        "heroes": [HeroRecordSerializer.example],
        "with": [PlayedWithSerializer.example],
        "against": [PlayedAgainstSerializer.example],
    }

    account_id = serializers.IntegerField(help_text=ACCOUNT_ID)
    steam_id = serializers.CharField(help_text=STEAM_ID)
    member = MemberSerializer()
    persona_name = serializers.CharField(help_text="The name at Steam; empty if not known yet.")
    avatar = serializers.CharField(help_text="The picture at Steam: a URL, or empty.")
    sync = PlayerSyncSerializer(help_text="How it goes with their match history.")
    record = PlayerRecordSerializer()
    heroes = HeroRecordSerializer(many=True, help_text="The most played first.")

    def get_fields(self) -> dict[str, Any]:
        # The first of the two is a word of Python's.
        return super().get_fields() | {
            "with": PlayedWithSerializer(
                many=True, help_text="The members most often on their side, up to 20."
            ),
            "against": PlayedAgainstSerializer(
                many=True, help_text="The members most often on the other side, up to 20."
            ),
        }


class SteamSearchSerializer(serializers.Serializer[dict[str, str]]):
    q = serializers.CharField(
        min_length=2,
        max_length=200,
        help_text="A member's name or their name at Steam; or an account's SteamID in any form, "
        "its profile's address, or the name in that.",
        error_messages={
            "required": "Say whom to look for.",
            "blank": "Say whom to look for.",
            "min_length": "Say two letters at least.",
        },
    )


class SteamAccountSerializer(serializers.Serializer[dict[str, Any]]):
    example = {
        "account_id": 22202,
        "steam_id": "76561197960287930",
        "member": MemberSerializer.example,
        "persona_name": "Ada",
        "avatar": "https://avatars.steamstatic.com/ada_full.jpg",
        "profile_url": "https://steamcommunity.com/profiles/76561197960287930/",
    }

    account_id = serializers.IntegerField(help_text=ACCOUNT_ID)
    steam_id = serializers.CharField(help_text=STEAM_ID)
    member = MemberSerializer(allow_null=True, help_text="Who of us has linked it.")
    persona_name = serializers.CharField(help_text="The name at Steam; empty if not known yet.")
    avatar = serializers.CharField(help_text="The picture at Steam: a URL, or empty.")
    profile_url = serializers.CharField()


class SteamAccountsSerializer(serializers.Serializer[dict[str, Any]]):
    example = {"results": [SteamAccountSerializer.example]}

    results = SteamAccountSerializer(many=True)
