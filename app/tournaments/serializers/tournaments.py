from typing import Any

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.events.models import Event
from app.tournaments.bracket.structure import MAX_TEAMS, Section, TieBreak
from app.tournaments.models import Team, Tournament
from app.tournaments.models.tournament import LARGEST_NUMBER, LONGEST
from app.tournaments.serializers.examples import (
    IN_RESERVE,
    STARTED_AT,
    TEAMS,
    TIMES,
    TOURNAMENT_ID,
)


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
        "id": TOURNAMENT_ID,
        "name": "Winter Cup",
        "description": "Two groups, and a playoff of all.",
        "rules": "Captains report within ten minutes.",
        "tournament_type": "round_robin",
        "status": "registration",
        "organiser": MemberSerializer.example,
        "event_id": None,
        "steam_league_id": None,
        "max_teams": 8,
        "sign_up": True,
        "check_in": True,
        "best_of": 3,
        "best_of_rounds": [
            {"section": "group", "best_of": 1},
            {"section": "upper", "round": -1, "best_of": 5},
        ],
        "third_place": False,
        "grand_final_reset": True,
        "groups": 2,
        "legs": 1,
        "swiss_rounds": None,
        "points_win": 2,
        "points_draw": 1,
        "points_loss": 0,
        "tie_breaks": ["head_to_head", "game_difference", "seed"],
        "playoff": "single_elimination",
        "qualifiers": 2,
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
        if event_id is None or (self.instance and self.instance.event_id == event_id):
            return event_id
        user = self.context["request"].user
        event = Event.objects.visible_to(user).filter(pk=event_id).first()
        if event is None:
            raise serializers.ValidationError("There is no such event.")
        if not (user.is_staff or event.is_organised_by(user)):
            raise serializers.ValidationError("Only who organises the event can add a tournament.")
        return event_id


class SeededTeamSerializer(ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ["id", "name", "seed", "rating"]
        read_only_fields = fields


class SeedingSerializer(serializers.Serializer[Any]):
    """How the teams are put in order, and afterwards the order they have."""

    example = {
        "seeding": "manual",
        "seeding_number": None,
        "team_ids": [team["id"] for team in TEAMS],
        "teams": [
            {**team, "rating": rating}
            for team, rating in zip(
                [*TEAMS, IN_RESERVE], (4200, 4150, 3900, 3700, None), strict=True
            )
        ],
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
        "tournament": {
            **TournamentSerializer.example,
            "status": "running",
            "version": 1,
            "started_at": STARTED_AT,
            "updated_at": STARTED_AT,
        },
        "warnings": [f"Not checked in, and so left out: {IN_RESERVE['name']}."],
    }

    tournament = TournamentSerializer(read_only=True)
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What the organiser may not have meant."
    )
