"""Brackets and standings as they are answered: mostly for the schema, as they are dictionaries."""

from typing import Any

from rest_framework import serializers

from app.accounts.serializers import MemberSerializer
from app.core.serializers import IdField, ModelSerializer
from app.tournaments.bracket.structure import Section
from app.tournaments.models import BracketChange, Series, Tournament
from app.tournaments.serializers.series import TeamInGameSerializer
from app.tournaments.serializers.tournaments import TIMES

_TEAM = {"id": 4, "name": "Night Owls", "seed": 1}


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
    winner_to = serializers.ListField(
        required=False, help_text="The id of the series that the winner goes on to, and the side."
    )
    loser_to = serializers.ListField(required=False, help_text="The same for the loser.")


class BracketRoundSerializer(serializers.Serializer[Any]):
    round = serializers.IntegerField()
    name = serializers.CharField()
    best_of = serializers.IntegerField()
    series = BracketSeriesSerializer(many=True)


class BracketSectionSerializer(serializers.Serializer[Any]):
    section = serializers.ChoiceField(choices=[*Section])
    group = serializers.IntegerField(help_text="0 where there are no groups.")
    name = serializers.CharField()
    rounds = BracketRoundSerializer(many=True)


class StandingSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    team_id = IdField()
    team = TeamInGameSerializer()
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


_GROUP: dict[str, Any] = {
    "group": 1,
    "name": "Group A",
    "is_complete": False,
    "rows": [
        {
            "rank": 1,
            "team_id": 4,
            "team": _TEAM,
            "played": 2,
            "won": 2,
            "drawn": 0,
            "lost": 0,
            "points": 4,
            "games_won": 4,
            "games_lost": 1,
            "buchholz": 2.0,
            "sonneborn_berger": 2.0,
            "reason": "4 points.",
        }
    ],
}


class BracketSerializer(serializers.Serializer[Any]):
    """All of a bracket, to be drawn as it is."""

    example = {
        "tournament": {
            "id": 1,
            "name": "Winter Cup",
            "tournament_type": "single_elimination",
            "status": "running",
            "version": 3,
        },
        "champion_id": None,
        "teams": [{**_TEAM, "logo": "", "is_out": False}],
        "sections": [
            {
                "section": "upper",
                "group": 0,
                "name": "Bracket",
                "rounds": [
                    {
                        "round": 1,
                        "name": "Final",
                        "best_of": 3,
                        "series": [
                            {
                                "id": 31,
                                "name": "Series 1.1",
                                "row": 0.0,
                                "status": "waiting",
                                "outcome": "",
                                "team_a_id": 4,
                                "label_b": "Winner of Series 1.2",
                                "winner_to": [33, "a"],
                            }
                        ],
                    }
                ],
            }
        ],
        "standings": [],
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
    team = TeamInGameSerializer()
    reason = serializers.CharField(help_text="What put the team there, for people.")


class StandingsSerializer(serializers.Serializer[Any]):
    """How the groups stand, and who has which place in the end, as far as that is decided."""

    example = {
        "groups": [_GROUP],
        "places": [
            {
                "rank": 5,
                "rank_to": 8,
                "team_id": 4,
                "team": _TEAM,
                "reason": "Lost Series 1.1 against Early Birds, 2:1.",
            }
        ],
    }

    groups = GroupSerializer(many=True)
    places = PlaceSerializer(many=True)


_SERIES = {
    "id": 31,
    "name": "Series 1.1",
    "team_a_id": 4,
    "team_b_id": 9,
    "score_a": 2,
    "score_b": 1,
    "winner_id": 4,
    "status": "finished",
    "outcome": "played",
    "decided_by": "report",
    "reported_score_a": None,
    "reported_score_b": None,
}


class ConsequencesSerializer(serializers.Serializer[Any]):
    """What a change does: `before` is null for what is new, and `after` for what goes."""

    example = {
        "series": [
            {"before": _SERIES, "after": {**_SERIES, "score_a": 1, "score_b": 2, "winner_id": 9}}
        ],
        "games": [],
        "standings": [
            {"team_id": 4, "before": None, "after": {"rank": 5, "rank_to": 8}},
        ],
        "lost": [],
        "version": 12,
    }

    series = serializers.ListField(child=serializers.DictField())
    games = serializers.ListField(
        child=serializers.DictField(), help_text="Games that belong to no series any more."
    )
    standings = serializers.ListField(
        child=serializers.DictField(), help_text="Whose rank, points or final place changes."
    )
    lost = serializers.ListField(
        child=serializers.DictField(),
        help_text="Series that have been played since, on the ground of what is changed.",
    )
    version = serializers.IntegerField(help_text="The tournament's, to send with the change.")


class BracketChangeSerializer(ModelSerializer[BracketChange]):
    """Who did what to a bracket, when and why, and what it was before and after."""

    example = {
        "id": 17,
        "series_id": 31,
        "action": "correct",
        "actor": MemberSerializer.example,
        "reason": "The captains had it the wrong way round.",
        "before": {"series": [_SERIES], "games": [], "teams": []},
        "after": {"series": [{**_SERIES, "winner_id": 9}], "games": [], "teams": []},
        "created_at": TIMES["created_at"],
    }

    series_id = IdField(read_only=True, allow_null=True)
    actor = MemberSerializer(read_only=True, allow_null=True)

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
