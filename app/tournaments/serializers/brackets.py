"""Brackets and standings as they are answered: mostly for the schema, as they are dictionaries."""

from typing import Any

from rest_framework import serializers

from app.core.serializers import IdField, ModelSerializer
from app.tournaments.bracket.structure import Section
from app.tournaments.models import Series, Tournament
from app.tournaments.serializers.examples import (
    EARLY_BIRDS,
    FINAL_ID,
    FOXES,
    NIGHT_OWLS,
    OTHER_SEMI_FINAL_ID,
    SEMI_FINAL_ID,
    TEAMS,
    TOURNAMENT_ID,
    VERSION,
    WOLVES,
)
from app.tournaments.serializers.teams import TeamNameSerializer
from app.tournaments.serializers.tournaments import TournamentSerializer


class BracketTournamentSerializer(ModelSerializer[Tournament]):
    class Meta:
        model = Tournament
        fields = ["id", "name", "tournament_type", "status", "version"]
        read_only_fields = fields


class BracketTeamSerializer(serializers.Serializer[Any]):
    id = IdField()
    name = serializers.CharField()
    seed = serializers.IntegerField()
    logo = serializers.CharField(help_text="A picture's URL, or empty.")
    is_out = serializers.BooleanField(help_text="Whether it has been disqualified.")


class GoesToField(serializers.ListField):
    """A pair of two types: OpenAPI 3.0 has no word for which of them comes first."""

    _spectacular_annotation = {
        "field": {
            "type": "array",
            "items": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": ["a", "b"]}]},
            "minItems": 2,
            "maxItems": 2,
            "example": [FINAL_ID, "a"],
        },
        "field_component_name": None,
    }


class BracketSeriesSerializer(serializers.Serializer[Any]):
    """What does not apply is left out: a score while there is none, or a team that is to come."""

    id = IdField()
    name = serializers.CharField(help_text="What people call it.")
    row = serializers.FloatField(
        help_text="How far down to draw its middle in the section, in boxes from the top."
    )
    status = serializers.ChoiceField(choices=Series.Status.choices)
    outcome = serializers.ChoiceField(
        choices=Series.Outcome.choices,
        allow_blank=True,
        help_text="How it ended; empty until it has.",
    )
    best_of = serializers.IntegerField(
        required=False, help_text="Where it has another number of games than its round."
    )
    team_a_id = IdField(required=False)
    team_b_id = IdField(required=False)
    label_a = serializers.CharField(
        required=False, help_text="What to show for the first team where there is none."
    )
    label_b = serializers.CharField(
        required=False, help_text="What to show for the second team where there is none."
    )
    score_a = serializers.IntegerField(required=False)
    score_b = serializers.IntegerField(required=False)
    winner_id = IdField(required=False)
    winner_to = GoesToField(
        required=False,
        help_text="The id of the series that the winner goes on to, and the side: a or b.",
    )
    loser_to = GoesToField(required=False, help_text="The same for the loser.")


class BracketRoundSerializer(serializers.Serializer[Any]):
    round = serializers.IntegerField()
    name = serializers.CharField()
    best_of = serializers.IntegerField(
        help_text="How many games its series have, but for those that say otherwise."
    )
    series = BracketSeriesSerializer(many=True)


class BracketSectionSerializer(serializers.Serializer[Any]):
    section = serializers.ChoiceField(choices=[*Section])
    group = serializers.IntegerField(help_text="0 where there are no groups.")
    name = serializers.CharField()
    rounds = BracketRoundSerializer(many=True)


class StandingSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    team_id = IdField()
    team = TeamNameSerializer()
    played = serializers.IntegerField()
    won = serializers.IntegerField()
    drawn = serializers.IntegerField()
    lost = serializers.IntegerField()
    points = serializers.IntegerField()
    games_won = serializers.IntegerField()
    games_lost = serializers.IntegerField()
    buchholz = serializers.FloatField(help_text="The points of all opponents.")
    sonneborn_berger = serializers.FloatField(
        help_text="The points of those beaten, and half of those drawn with."
    )
    reason = serializers.CharField(help_text="Why the team stands there, for people.")


class GroupSerializer(serializers.Serializer[Any]):
    group = serializers.IntegerField(help_text="0 for Swiss rounds.")
    name = serializers.CharField()
    is_complete = serializers.BooleanField(help_text="Whether all of its series are over.")
    rows = StandingSerializer(many=True)


def _group(number: int, winner: dict[str, Any], loser: dict[str, Any]) -> dict[str, Any]:
    """Answer the standings of a group of two, who have played a game."""
    return {
        "group": number,
        "name": f"Group {' AB'[number]}",
        "is_complete": True,
        "rows": [
            {
                "rank": rank,
                "team_id": team["id"],
                "team": team,
                "played": 1,
                "won": won,
                "drawn": 0,
                "lost": 1 - won,
                "points": 2 * won,
                "games_won": won,
                "games_lost": 1 - won,
                "buchholz": 2.0 * (1 - won),
                "sonneborn_berger": 0.0,
                "reason": f"{2 * won} points.",
            }
            for rank, team, won in ((1, winner, 1), (2, loser, 0))
        ],
    }


def _group_series(number: int, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Answer the section of a group of two, of whom the first has won."""
    letter = " AB"[number]
    series = {
        "id": 28 + number,
        "name": f"Group {letter} 1.1",
        "row": 0.0,
        "status": "finished",
        "outcome": "played",
        "team_a_id": a["id"],
        "team_b_id": b["id"],
        "score_a": 1,
        "score_b": 0,
        "winner_id": a["id"],
    }
    rounds = [{"round": 1, "name": "Round 1", "best_of": 1, "series": [series]}]
    return {"section": "group", "group": number, "name": f"Group {letter}", "rounds": rounds}


_GROUPS = [_group(1, NIGHT_OWLS, WOLVES), _group(2, FOXES, EARLY_BIRDS)]
_PLAYOFF = [
    {
        "round": 1,
        "name": "Semi-finals",
        "best_of": 3,
        "series": [
            {
                "id": SEMI_FINAL_ID,
                "name": "Series 1.1",
                "row": 0.0,
                "status": "finished",
                "outcome": "played",
                "team_a_id": NIGHT_OWLS["id"],
                "team_b_id": EARLY_BIRDS["id"],
                "score_a": 2,
                "score_b": 1,
                "winner_id": NIGHT_OWLS["id"],
                "winner_to": [FINAL_ID, "a"],
            },
            {
                "id": OTHER_SEMI_FINAL_ID,
                "name": "Series 1.2",
                "row": 1.0,
                "status": "ready",
                "outcome": "",
                "team_a_id": FOXES["id"],
                "team_b_id": WOLVES["id"],
                "winner_to": [FINAL_ID, "b"],
            },
        ],
    },
    {
        "round": 2,
        "name": "Final",
        "best_of": 5,
        "series": [
            {
                "id": FINAL_ID,
                "name": "Series 2.1",
                "row": 0.5,
                "status": "waiting",
                "outcome": "",
                "team_a_id": NIGHT_OWLS["id"],
                "label_b": "Winner of Series 1.2",
            }
        ],
    },
]


class BracketSerializer(serializers.Serializer[Any]):
    """All of a bracket, to be drawn as it is."""

    example = {
        "tournament": {
            "id": TOURNAMENT_ID,
            "name": TournamentSerializer.example["name"],
            "tournament_type": TournamentSerializer.example["tournament_type"],
            "status": "running",
            # The other semi-final is to be played yet.
            "version": VERSION - 1,
        },
        "champion_id": None,
        "teams": [{**team, "logo": "", "is_out": False} for team in TEAMS],
        "sections": [
            _group_series(1, NIGHT_OWLS, WOLVES),
            _group_series(2, FOXES, EARLY_BIRDS),
            {"section": "upper", "group": 0, "name": "Bracket", "rounds": _PLAYOFF},
        ],
        "standings": _GROUPS,
    }

    tournament = BracketTournamentSerializer()
    champion_id = IdField(allow_null=True)
    teams = BracketTeamSerializer(many=True)
    sections = BracketSectionSerializer(many=True)
    standings = GroupSerializer(many=True)


class ThemeSerializer(serializers.Serializer[Any]):
    """Of a query string."""

    theme = serializers.ChoiceField(
        choices=["auto", "light", "dark"],
        default="auto",
        help_text="The viewer's own, or always this one.",
    )


class PlaceSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    rank_to = serializers.IntegerField(help_text="The last of the ranks that are shared.")
    team_id = IdField()
    team = TeamNameSerializer()
    reason = serializers.CharField(help_text="What put the team there, for people.")


class StandingsSerializer(serializers.Serializer[Any]):
    """How the groups stand, and who has which place in the end, as far as that is decided."""

    example = {
        "groups": _GROUPS,
        "places": [
            {
                "rank": 3,
                "rank_to": 4,
                "team_id": team["id"],
                "team": team,
                "reason": reason,
            }
            for team, reason in (
                (EARLY_BIRDS, "Lost Series 1.1 against Night Owls, 2:1."),
                (WOLVES, "Lost Series 1.2 against Foxes, 2:0."),
            )
        ],
    }

    groups = GroupSerializer(many=True)
    places = PlaceSerializer(many=True)
