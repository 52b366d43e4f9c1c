from typing import Any

from rest_framework import serializers

from app.core.serializers import IdField, ModelSerializer
from app.tournaments.models import Series
from app.tournaments.serializers.examples import (
    EARLY_BIRDS,
    FINISHED_AT,
    NIGHT_OWLS,
    PLAYED_AT,
    READY_AT,
    SEMI_FINAL_ID,
    STARTED_AT,
    TOURNAMENT_ID,
)
from app.tournaments.serializers.orders import OrderSerializer, VersionField
from app.tournaments.serializers.teams import TeamNameSerializer

_WAITS_FOR = "What stands in its place while the {} team is not known; null once it is."


class SeriesSerializer(ModelSerializer[Series]):
    """A place in the bracket, and who has played there."""

    example = {
        "id": SEMI_FINAL_ID,
        "tournament_id": TOURNAMENT_ID,
        "name": "Series 1.1",
        "section": "upper",
        "group": 0,
        "round": 1,
        "position": 1,
        "best_of": 3,
        "team_a": NIGHT_OWLS,
        "team_b": EARLY_BIRDS,
        "label_a": None,
        "label_b": None,
        "score_a": 2,
        "score_b": 1,
        "winner_id": NIGHT_OWLS["id"],
        "status": "finished",
        "outcome": "played",
        "decided_by": "report",
        "reported_by_id": None,
        "reported_score_a": None,
        "reported_score_b": None,
        "scheduled_at": PLAYED_AT,
        "ready_at": READY_AT,
        "finished_at": FINISHED_AT,
        "created_at": STARTED_AT,
        "updated_at": FINISHED_AT,
    }

    name = serializers.CharField(read_only=True, help_text="What people call it.")
    team_a = TeamNameSerializer(read_only=True, allow_null=True)
    team_b = TeamNameSerializer(read_only=True, allow_null=True)
    label_a = serializers.CharField(
        read_only=True, allow_null=True, help_text=_WAITS_FOR.format("first")
    )
    label_b = serializers.CharField(
        read_only=True, allow_null=True, help_text=_WAITS_FOR.format("second")
    )
    outcome = serializers.ChoiceField(
        choices=Series.Outcome.choices,
        read_only=True,
        allow_blank=True,
        help_text="How it ended; empty until it has.",
    )
    decided_by = serializers.ChoiceField(
        choices=Series.DecidedBy.choices,
        read_only=True,
        allow_blank=True,
        help_text="What its result came from: a report, its games, or the bracket by itself.",
    )
    winner_id = IdField(read_only=True, allow_null=True)
    reported_by_id = IdField(read_only=True, allow_null=True)
    tournament_id = IdField(read_only=True)

    class Meta:
        model = Series
        derived = ["name", "label_a", "label_b"]
        fields = [
            "id",
            "tournament_id",
            "name",
            "section",
            "group",
            "round",
            "position",
            "best_of",
            "team_a",
            "team_b",
            "label_a",
            "label_b",
            "score_a",
            "score_b",
            "winner_id",
            "status",
            "outcome",
            "decided_by",
            "reported_by_id",
            "reported_score_a",
            "reported_score_b",
            "scheduled_at",
            "ready_at",
            "finished_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [name for name in fields if name not in {"best_of", "scheduled_at"}]


class ReportSerializer(serializers.Serializer[Any]):
    """How a series ended."""

    example: dict[str, Any] = {"score_a": 2, "score_b": 1}

    score_a = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=99,
        help_text="How many games the first team has won.",
    )
    score_b = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=99,
        help_text="How many games the second team has won.",
    )
    outcome = serializers.ChoiceField(
        choices=["played", "walkover", "double_forfeit"],
        required=False,
        help_text="Captains report what was played; the rest is the organiser's.",
    )
    winner_id = IdField(
        required=False, allow_null=True, help_text="For a walkover: the team that goes on."
    )
    force = serializers.BooleanField(
        required=False,
        help_text="Let go of what was built on another result of the series, if it must be.",
    )
    version = VersionField()


class ConfirmSerializer(serializers.Serializer[Any]):
    """The report that is agreed with; with an empty body, whatever has been reported."""

    example = {"score_a": 2, "score_b": 1}

    score_a = serializers.IntegerField(required=False, help_text="As it was reported.")
    score_b = serializers.IntegerField(required=False, help_text="As it was reported.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) == 1:
            raise serializers.ValidationError("Send both scores, or neither.")
        return attrs


class CorrectSerializer(OrderSerializer, ReportSerializer):
    """How a series is to have ended instead."""

    example = {"score_a": 1, "score_b": 2, "reason": "The captains had it the wrong way round."}

    outcome = serializers.ChoiceField(
        choices=["played", "walkover", "double_forfeit", "open"],
        required=False,
        help_text="`open` takes the result back: the series is to be played again.",
    )
    reason = serializers.CharField(max_length=500, help_text="Kept with the change.")


class DisputeSerializer(serializers.Serializer[Any]):
    example = {"reason": "We won the second game."}

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="For the organiser."
    )
