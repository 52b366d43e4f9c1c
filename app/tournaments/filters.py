import django_filters
from django.db.models import Q, QuerySet

from app.core.filters import BooleanFilter, FilterSet, IntegerFilter, OrderingFilter
from app.tournaments.models import Game, Team, Tournament

# Numbers and not choices: a form's list of all teams would be read for each request.


class TournamentFilter(FilterSet):
    q = django_filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")
    organiser = IntegerFilter("organiser_id", help_text="A member's id.")
    ordering = OrderingFilter(fields=["id", "name", "created_at"])

    class Meta:
        model = Tournament
        fields = ["q", "tournament_type", "organiser", "ordering"]


class TeamFilter(FilterSet):
    q = django_filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")
    tournament = IntegerFilter("tournament_id", help_text="A tournament's id.")
    captain = IntegerFilter("captain_id", help_text="A member's id.")
    ordering = OrderingFilter(fields=["id", "name", "seed"])

    class Meta:
        model = Team
        fields = ["q", "tournament", "captain", "ordering"]


class GameFilter(FilterSet):
    tournament = IntegerFilter("tournament_id", help_text="A tournament's id.")
    team = IntegerFilter(method="played_by", help_text="The id of a team on either side.")
    winner = IntegerFilter("winner_id", help_text="A team's id.")
    decided = BooleanFilter("winner", lookup_expr="isnull", exclude=True, help_text="Has a winner.")
    ordering = OrderingFilter(fields=["id", "played_at", "duration"])

    class Meta:
        model = Game
        fields = ["tournament", "team", "winner", "decided", "ordering"]

    def played_by(self, queryset: QuerySet[Game], name: str, value: int) -> QuerySet[Game]:
        return queryset.filter(Q(radiant_id=value) | Q(dire_id=value))
