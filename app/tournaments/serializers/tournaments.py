from typing import Any

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.events.models import Event
from app.tournaments.bracket.structure import MAX_TEAMS, Section, TieBreak
from app.tournaments.models import Team, Tournament
from app.tournaments.models.tournament import LARGEST_NUMBER, LONGEST

TIMES = {"created_at": "2026-09-01T18:00:00Z", "updated_at": "2026-09-02T09:30:00Z"}


class TieBreaksField(serializers.JSONField):
    """The model's validator reads it; drf-spectacular reads what it is of here."""

    _spectacular_annotation = {
        "field": {
            "type": "array",
            "items": {"type": "string", "enum": [*TieBreak]},
            "uniqueItems": True,
        },
        "field_component_name": None,
    }


class BestOfRoundsField(serializers.JSONField):
    _spectacular_annotation = {
        "field": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "section": {"type": "string", "enum": [*Section]},
                    "round": {"type": "integer", "nullable": True},
                    "best_of": {"type": "integer", "minimum": 1, "maximum": LONGEST},
                },
                "required": ["section", "best_of"],
                "additionalProperties": False,
            },
        },
        "field_component_name": None,
    }


class TournamentSerializer(ModelSerializer[Tournament]):
    example: dict[str, Any] = {
        "id": 1,
        "name": "Winter Cup",
        "description": "Eight teams, one weekend.",
        "rules": "Captains report within ten minutes.",
        "tournament_type": "single_elimination",
        "status": "registration",
        "organiser": MemberSerializer.example,
        "event_id": None,
        "steam_league_id": None,
        "max_teams": 8,
        "sign_up": True,
        "check_in": False,
        "best_of": 3,
        "best_of_rounds": [{"section": "upper", "round": -1, "best_of": 5}],
        "third_place": False,
        "grand_final_reset": True,
        "groups": 1,
        "legs": 1,
        "swiss_rounds": None,
        "points_win": 2,
        "points_draw": 1,
        "points_loss": 0,
        "tie_breaks": ["head_to_head", "game_difference", "seed"],
        "playoff": "",
        "qualifiers": 0,
        "seeding": "manual",
        "seeding_number": None,
        "version": 0,
        "started_at": None,
        "finished_at": None,
        **TIMES,
    }

    organiser = MemberSerializer(read_only=True, allow_null=True)
    event_id = IdField(
        required=False, allow_null=True, help_text="The event that it is played at, if at one."
    )
    tie_breaks = TieBreaksField(
        required=False,
        validators=Tournament._meta.get_field("tie_breaks").validators,
        help_text=Tournament._meta.get_field("tie_breaks").help_text,
    )
    best_of_rounds = BestOfRoundsField(
        required=False,
        validators=Tournament._meta.get_field("best_of_rounds").validators,
        help_text=Tournament._meta.get_field("best_of_rounds").help_text,
    )

    class Meta:
        model = Tournament
        fields = [
            "id",
            "name",
            "description",
            "rules",
            "tournament_type",
            "status",
            "organiser",
            "event_id",
            "steam_league_id",
            "max_teams",
            "sign_up",
            "check_in",
            "best_of",
            "best_of_rounds",
            "third_place",
            "grand_final_reset",
            "groups",
            "legs",
            "swiss_rounds",
            "points_win",
            "points_draw",
            "points_loss",
            "tie_breaks",
            "playoff",
            "qualifiers",
            "seeding",
            "seeding_number",
            "version",
            "started_at",
            "finished_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["seeding", "seeding_number", "version", "started_at", "finished_at"]

    def validate_event_id(self, event_id: int | None) -> int | None:
        visible = Event.objects.visible_to(self.context["request"].user)
        if event_id is not None and not visible.filter(pk=event_id).exists():
            raise serializers.ValidationError("There is no such event.")
        return event_id


class SeededTeamSerializer(ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ["id", "name", "seed", "rating"]
        read_only_fields = fields


class SeedingSerializer(serializers.Serializer[Any]):
    """How the teams are put in order, and afterwards the order they have."""

    example = {
        "seeding": "random",
        "seeding_number": 4711,
        "teams": [{"id": 1, "name": "Night Owls", "seed": 1, "rating": 4200}],
    }

    seeding = serializers.ChoiceField(choices=Tournament.Seeding.choices)
    team_ids = serializers.ListField(
        child=IdField(),
        required=False,
        write_only=True,
        max_length=MAX_TEAMS,
        help_text="For `manual`: the teams, the strongest first; who is left out has no seed.",
    )
    seeding_number = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=LARGEST_NUMBER,
        help_text="For `random`: what the order is made from; drawn if none is given.",
    )
    teams = SeededTeamSerializer(many=True, read_only=True)


class StartedSerializer(serializers.Serializer[Any]):
    example = {
        "tournament": TournamentSerializer.example,
        "warnings": ["Without a seed, and so after the others: Late Arrivals."],
    }

    tournament = TournamentSerializer(read_only=True)
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What the organiser may not have meant."
    )
