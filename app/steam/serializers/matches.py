from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import ModelSerializer
from app.steam.models import Match, MatchPlayer


class MatchPlayerSerializer(ModelSerializer[MatchPlayer]):
    example = {
        "player_slot": 0,
        "is_radiant": True,
        "won": True,
        "account_id": 22202,
        "member": MemberSerializer.example,
        "hero_id": 74,
        "hero_variant": 1,
        "level": 25,
        "kills": 11,
        "deaths": 3,
        "assists": 14,
        "last_hits": 245,
        "denies": 12,
        "gold_per_min": 612,
        "xp_per_min": 704,
        "net_worth": 24150,
        "hero_damage": 28410,
        "tower_damage": 3120,
        "hero_healing": 0,
        "items": [1, 48, 108, 116, 0, 0],
        "backpack": [0, 0, 0],
        "item_neutral": 0,
        "item_neutral2": 0,
        "leaver_status": 0,
    }

    member = MemberSerializer(read_only=True, allow_null=True)
    is_radiant = serializers.BooleanField(read_only=True)
    items = serializers.ListField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="The ids in the six inventory slots, 0 where empty.",
    )
    backpack = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = MatchPlayer
        fields = [
            "player_slot",
            "is_radiant",
            "won",
            "account_id",
            "member",
            "hero_id",
            "hero_variant",
            "level",
            "kills",
            "deaths",
            "assists",
            "last_hits",
            "denies",
            "gold_per_min",
            "xp_per_min",
            "net_worth",
            "hero_damage",
            "tower_damage",
            "hero_healing",
            "items",
            "backpack",
            "item_neutral",
            "item_neutral2",
            "leaver_status",
        ]
        read_only_fields = fields


class MatchListSerializer(ModelSerializer[Match]):
    """A match in a list: how it went, and which members played.

    Of one that is not stored, no more is known than who of the members played which hero, and the
    rest is null.
    """

    example = {
        "match_id": 8012345678,
        "state": "stored",
        "reason": "",
        "explanation": "",
        "source": "steam",
        "start_time": "2026-10-01T20:00:00Z",
        "duration": 2345,
        "radiant_win": True,
        "radiant_score": 41,
        "dire_score": 23,
        "lobby_type": 0,
        "game_mode": 22,
        "league_id": 0,
        "members": [MatchPlayerSerializer.example],
    }

    # As it may be empty, which REST framework does not take from the model for what is only read.
    reason = serializers.ChoiceField(
        choices=Match.Reason.choices,
        allow_blank=True,
        read_only=True,
        help_text="Why the details are unavailable.",
    )
    explanation = serializers.CharField(read_only=True, help_text="The reason in a sentence.")
    members = MatchPlayerSerializer(many=True, read_only=True)

    class Meta:
        model = Match
        fields = [
            "match_id",
            "state",
            "reason",
            "explanation",
            "source",
            "start_time",
            "duration",
            "radiant_win",
            "radiant_score",
            "dire_score",
            "lobby_type",
            "game_mode",
            "league_id",
            "members",
        ]
        read_only_fields = fields


class PickBanSerializer(serializers.Serializer[dict[str, int]]):
    is_pick = serializers.BooleanField()
    hero_id = serializers.IntegerField()
    team = serializers.IntegerField(help_text="0 is radiant, 1 is dire.")
    order = serializers.IntegerField()


class MatchSerializer(MatchListSerializer):
    """A match in full."""

    example = MatchListSerializer.example | {
        "match_seq_num": 6912345678,
        "cluster": 133,
        "human_players": 10,
        "first_blood_time": 95,
        "tower_status_radiant": 1983,
        "tower_status_dire": 4,
        "barracks_status_radiant": 63,
        "barracks_status_dire": 3,
        "radiant_name": "",
        "dire_name": "",
        "picks_bans": [{"is_pick": True, "hero_id": 74, "team": 0, "order": 0}],
        "players": [MatchPlayerSerializer.example],
    }

    players = MatchPlayerSerializer(many=True, read_only=True)
    picks_bans = PickBanSerializer(many=True, read_only=True)

    class Meta:
        model = Match
        fields = [
            *(field for field in MatchListSerializer.Meta.fields if field != "members"),
            "match_seq_num",
            "cluster",
            "human_players",
            "first_blood_time",
            "tower_status_radiant",
            "tower_status_dire",
            "barracks_status_radiant",
            "barracks_status_dire",
            "radiant_name",
            "dire_name",
            "picks_bans",
            "players",
        ]
        read_only_fields = fields
