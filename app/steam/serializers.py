from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import ModelSerializer
from app.steam.models import Match, MatchPlayer


class MatchPlayerSerializer(ModelSerializer[MatchPlayer]):
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
    """A match in a list: how it went, and which members played."""

    members = MatchPlayerSerializer(many=True, read_only=True)

    class Meta:
        model = Match
        fields = [
            "match_id",
            "state",
            "reason",
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


class SyncSerializer(serializers.Serializer[dict[str, str]]):
    task = serializers.CharField(help_text="The id of the enqueued task.")
