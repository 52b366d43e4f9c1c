from rest_framework import serializers

from .models import Game, Team, Tournament


class TournamentSerializer(serializers.ModelSerializer[Tournament]):
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
        read_only_fields = ["organiser"]


class TeamSerializer(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ["id", "tournament", "name", "captain", "seed", "created_at", "updated_at"]


class TeamInGameSerializer(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ["id", "name", "seed"]


class GameSerializer(serializers.ModelSerializer[Game]):
    tournament_id = serializers.PrimaryKeyRelatedField(
        source="tournament", queryset=Tournament.objects.all()
    )
    radiant_id = serializers.PrimaryKeyRelatedField(source="radiant", queryset=Team.objects.all())
    dire_id = serializers.PrimaryKeyRelatedField(source="dire", queryset=Team.objects.all())
    winner_id = serializers.PrimaryKeyRelatedField(
        source="winner", queryset=Team.objects.all(), required=False, allow_null=True
    )
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
