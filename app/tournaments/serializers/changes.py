"""What a change does to a bracket, as it is said of a dry run and as it is kept.

What is kept is answered as it is stored: of it these are the schema alone.
"""

from typing import Any

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.tournaments.models import BracketChange, Series
from app.tournaments.serializers.examples import (
    EARLY_BIRDS,
    FINAL_ID,
    FOXES,
    NIGHT_OWLS,
    SEMI_FINAL_ID,
    VERSION,
)


class SeriesStateSerializer(serializers.Serializer[Any]):
    id = IdField(allow_null=True, help_text="Null in a dry run for one that would be new.")
    name = serializers.CharField(help_text="What people call it.")
    team_a_id = IdField(allow_null=True)
    team_b_id = IdField(allow_null=True)
    score_a = serializers.IntegerField(allow_null=True)
    score_b = serializers.IntegerField(allow_null=True)
    winner_id = IdField(allow_null=True)
    status = serializers.ChoiceField(choices=Series.Status.choices)
    outcome = serializers.ChoiceField(
        choices=Series.Outcome.choices,
        allow_blank=True,
        help_text="How it ended; empty until it has.",
    )
    decided_by = serializers.ChoiceField(
        choices=Series.DecidedBy.choices,
        allow_blank=True,
        help_text="What its result came from: a report, its games, or the bracket by itself.",
    )
    reported_score_a = serializers.IntegerField(allow_null=True)
    reported_score_b = serializers.IntegerField(allow_null=True)


class GameStateSerializer(serializers.Serializer[Any]):
    id = IdField()
    series_id = IdField(allow_null=True, help_text="Null once it belongs to none any more.")
    winner_id = IdField(allow_null=True)


class TeamStateSerializer(serializers.Serializer[Any]):
    id = IdField()
    name = serializers.CharField()
    seed = serializers.IntegerField()
    is_out = serializers.BooleanField(help_text="Whether it has been disqualified.")


class StandingStateSerializer(serializers.Serializer[Any]):
    """What there is of it: a place in a group, a place in the end, or both."""

    group = serializers.IntegerField(required=False, help_text="0 for Swiss rounds.")
    group_rank = serializers.IntegerField(required=False)
    points = serializers.IntegerField(required=False)
    rank = serializers.IntegerField(required=False, help_text="The place in the end.")
    rank_to = serializers.IntegerField(
        required=False, help_text="The last of the ranks that are shared."
    )


class SeriesChangeSerializer(serializers.Serializer[Any]):
    before = SeriesStateSerializer(allow_null=True, help_text="Null for one that is new.")
    after = SeriesStateSerializer(allow_null=True, help_text="Null for one that goes.")


class GameChangeSerializer(serializers.Serializer[Any]):
    before = GameStateSerializer()
    after = GameStateSerializer()


class TeamChangeSerializer(serializers.Serializer[Any]):
    """Of a substitution, `before` is who gives the seed and `after` who has it then."""

    before = TeamStateSerializer()
    after = TeamStateSerializer()


class StandingChangeSerializer(serializers.Serializer[Any]):
    team_id = IdField()
    before = StandingStateSerializer(allow_null=True, help_text="Null if it stood nowhere.")
    after = StandingStateSerializer(allow_null=True, help_text="Null if it stands nowhere.")


_SEMI_FINAL = {
    "id": SEMI_FINAL_ID,
    "name": "Series 1.1",
    "team_a_id": NIGHT_OWLS["id"],
    "team_b_id": EARLY_BIRDS["id"],
    "score_a": 2,
    "score_b": 1,
    "winner_id": NIGHT_OWLS["id"],
    "status": "finished",
    "outcome": "played",
    "decided_by": "report",
    "reported_score_a": None,
    "reported_score_b": None,
}
_FINAL = {
    "id": FINAL_ID,
    "name": "Series 2.1",
    "team_a_id": NIGHT_OWLS["id"],
    "team_b_id": FOXES["id"],
    "score_a": None,
    "score_b": None,
    "winner_id": None,
    "status": "ready",
    "outcome": "",
    "decided_by": "",
    "reported_score_a": None,
    "reported_score_b": None,
}
# What CorrectSerializer's example comes to.
_CORRECTED = {**_SEMI_FINAL, "score_a": 1, "score_b": 2, "winner_id": EARLY_BIRDS["id"]}
_REACHED_BY_THE_OTHER = {**_FINAL, "team_a_id": EARLY_BIRDS["id"]}
_FIRST = {"group": 1, "group_rank": 1, "points": 2}
_SECOND = {"group": 2, "group_rank": 2, "points": 0}
_OUT = {"rank": 3, "rank_to": 4}


class ConsequencesSerializer(serializers.Serializer[Any]):
    """What a change does: `before` is null for what is new, and `after` for what goes."""

    example = {
        "series": [
            {"before": _SEMI_FINAL, "after": _CORRECTED},
            {"before": _FINAL, "after": _REACHED_BY_THE_OTHER},
        ],
        "games": [],
        "teams": [],
        "standings": [
            {"team_id": NIGHT_OWLS["id"], "before": _FIRST, "after": {**_FIRST, **_OUT}},
            {"team_id": EARLY_BIRDS["id"], "before": {**_SECOND, **_OUT}, "after": _SECOND},
        ],
        "lost": [],
        "version": VERSION,
    }

    series = SeriesChangeSerializer(many=True)
    games = GameChangeSerializer(many=True, help_text="Games that belong to no series any more.")
    teams = TeamChangeSerializer(
        many=True, help_text="Who is put out, or plays again, or gives their seed to another."
    )
    standings = StandingChangeSerializer(
        many=True, help_text="Whose rank, points or final place changes."
    )
    lost = SeriesStateSerializer(
        many=True,
        help_text="Series that have been played since, on the ground of what is changed.",
    )
    version = serializers.IntegerField(help_text="The tournament's, to send with the change.")


class BracketStateSerializer(serializers.Serializer[Any]):
    """What has changed of a bracket, as it was or as it became."""

    series = SeriesStateSerializer(many=True)
    games = GameStateSerializer(many=True)
    teams = TeamStateSerializer(many=True)


class BracketStateField(serializers.JSONField):
    """Answered as it is stored; drf-spectacular reads what it is of here."""

    _spectacular_annotation = {"field": BracketStateSerializer, "field_component_name": None}


class BracketChangeSerializer(ModelSerializer[BracketChange]):
    """Who did what to a bracket, when and why, and what it was before and after."""

    example = {
        "id": 17,
        "series_id": SEMI_FINAL_ID,
        "action": "correct",
        "actor": MemberSerializer.example,
        "reason": "The captains had it the wrong way round.",
        "before": {"series": [_SEMI_FINAL, _FINAL], "games": [], "teams": []},
        "after": {"series": [_CORRECTED, _REACHED_BY_THE_OTHER], "games": [], "teams": []},
        "created_at": "2026-10-01T22:50:00Z",
    }

    series_id = IdField(read_only=True, allow_null=True)
    actor = MemberSerializer(read_only=True, allow_null=True)
    before = BracketStateField(
        read_only=True, help_text=BracketChange._meta.get_field("before").help_text
    )
    after = BracketStateField(
        read_only=True, help_text=BracketChange._meta.get_field("after").help_text
    )

    class Meta:
        model = BracketChange
        fields = [
            "id",
            "series_id",
            "action",
            "actor",
            "reason",
            "before",
            "after",
            "created_at",
        ]
        read_only_fields = fields
