import django_filters
from django.db.models import Q, QuerySet

from app.core.filters import BooleanFilter, FilterSet, IntegerFilter, OrderingFilter
from app.tournaments.models import (
    BracketChange,
    Game,
    Series,
    Settlement,
    Team,
    TeamMember,
    Tournament,
)

# Numbers and not choices: a form's list of all teams would be read for each request.


class TournamentFilter(FilterSet):
    q = django_filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")
    organiser = IntegerFilter("organiser_id", help_text="A member's id.")
    event = IntegerFilter("event_id", help_text="The id of the event that it is played at.")
    ordering = OrderingFilter(fields=["id", "name", "created_at"])

    class Meta:
        model = Tournament
        fields = ["q", "tournament_type", "status", "organiser", "event", "ordering"]


class TeamFilter(FilterSet):
    q = django_filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")
    tournament = IntegerFilter("tournament_id", help_text="A tournament's id.")
    captain = IntegerFilter("captain_id", help_text="A member's id.")
    ordering = OrderingFilter(fields=["id", "name", "seed"])

    class Meta:
        model = Team
        fields = ["q", "tournament", "captain", "ordering"]


class TeamMemberFilter(FilterSet):
    class Meta:
        model = TeamMember
        fields = ["is_stand_in"]


class SeriesFilter(FilterSet):
    tournament = IntegerFilter("tournament_id", help_text="A tournament's id.")
    team = IntegerFilter(method="played_by", help_text="The id of a team on either side.")
    ordering = OrderingFilter(fields=["id", "scheduled_at", "finished_at"])

    class Meta:
        model = Series
        fields = ["tournament", "team", "status", "section", "ordering"]

    def played_by(self, queryset: QuerySet[Series], name: str, value: int) -> QuerySet[Series]:
        return queryset.filter(Q(team_a_id=value) | Q(team_b_id=value))


class BracketChangeFilter(FilterSet):
    series = IntegerFilter("series_id", help_text="A series' id.")

    class Meta:
        model = BracketChange
        fields = ["series", "action"]


class SettlementFilter(FilterSet):
    series = IntegerFilter("series_id", help_text="A series' id.")

    class Meta:
        model = Settlement
        fields = ["series", "status"]


class GameFilter(FilterSet):
    series = IntegerFilter("series_id", help_text="A series' id.")
    tournament = IntegerFilter("tournament_id", help_text="A tournament's id.")
    team = IntegerFilter(method="played_by", help_text="The id of a team on either side.")
    winner = IntegerFilter("winner_id", help_text="A team's id.")
    decided = BooleanFilter("winner", lookup_expr="isnull", exclude=True, help_text="Has a winner.")
    ordering = OrderingFilter(fields=["id", "played_at", "duration"])

    class Meta:
        model = Game
        fields = ["tournament", "series", "team", "winner", "decided", "ordering"]

    def played_by(self, queryset: QuerySet[Game], name: str, value: int) -> QuerySet[Game]:
        return queryset.filter(Q(radiant_id=value) | Q(dire_id=value))
