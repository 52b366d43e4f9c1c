from collections.abc import Mapping
from typing import Any

from app.core.filters import DateTimeFilter, FilterSet, IntegerFilter
from app.steam.models import Match, SyncRun
from app.steam.querysets import MatchQuerySet


class MatchFilter(FilterSet):
    member = IntegerFilter(method="played_by", help_text="A member's id.")
    hero = IntegerFilter(method="played_by", help_text="The hero of a member.")
    since = DateTimeFilter(
        "start_time", lookup_expr="gte", help_text="Started at this time or later."
    )
    lobby = IntegerFilter("lobby_type", help_text="Steam's lobby_type.")
    game_mode = IntegerFilter("game_mode", help_text="Steam's game_mode.")
    tournament = IntegerFilter(
        method="of_tournament", help_text="The id of a tournament of which it is a game."
    )

    class Meta:
        model = Match
        fields = ["member", "hero", "since", "lobby", "game_mode", "tournament", "state"]

    def apply(self, queryset: Any, values: Mapping[str, Any]) -> Any:
        """Take member and hero together: that member on that hero."""
        columns = {"member": "member", "hero": "hero_id"}
        player = {columns[name]: values[name] for name in columns if name in values}
        found = super().apply(queryset, values)
        return found.played_by(**{"member__isnull": False, **player}) if player else found

    def played_by(self, queryset: MatchQuerySet, name: str, value: int) -> MatchQuerySet:
        return queryset

    def of_tournament(self, queryset: MatchQuerySet, name: str, value: int) -> MatchQuerySet:
        return queryset.of_tournament(value)


class SyncRunFilter(FilterSet):
    class Meta:
        model = SyncRun
        fields = ["trigger"]
