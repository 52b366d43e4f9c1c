import django_filters
from django.db.models import QuerySet

from app.core.filters import DateTimeFilter, IntegerFilter
from app.steam.models import Match
from app.steam.querysets import MatchQuerySet


class MatchFilter(django_filters.FilterSet):
    member = IntegerFilter(method="played_by", help_text="A member's id.")
    hero = IntegerFilter(method="played_by", help_text="The hero of a member.")
    since = DateTimeFilter(
        "start_time", lookup_expr="gte", help_text="Started at this time or later."
    )
    lobby = IntegerFilter("lobby_type", help_text="Steam's lobby_type.")

    class Meta:
        model = Match
        fields = ["member", "hero", "since", "lobby", "state"]

    def filter_queryset(self, queryset: QuerySet[Match]) -> QuerySet[Match]:
        """Take member and hero together: that member on that hero."""
        data = self.form.cleaned_data
        player = {"member": data["member"], "hero_id": data["hero"]}
        player = {name: value for name, value in player.items() if value is not None}
        found = super().filter_queryset(queryset)
        if not player or not isinstance(found, MatchQuerySet):
            return found
        return found.played_by(**{"member__isnull": False, **player})

    def played_by(self, queryset: MatchQuerySet, name: str, value: int) -> MatchQuerySet:
        return queryset
