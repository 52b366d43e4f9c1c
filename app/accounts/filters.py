import django_filters
from django.db.models import Q

from app.accounts.models import User
from app.accounts.querysets import UserQuerySet
from app.core.filters import BooleanFilter, FilterSet


class UserFilter(FilterSet):
    q = django_filters.CharFilter(method="search", help_text="Part of a name.", max_length=64)
    in_guild = BooleanFilter("in_guild", help_text="Is in the community's Discord server.")
    has_discord = BooleanFilter(
        "discord_id", lookup_expr="isnull", exclude=True, help_text="Has linked a Discord account."
    )
    has_steam = BooleanFilter(
        "steam_id", lookup_expr="isnull", exclude=True, help_text="Has linked a Steam account."
    )

    class Meta:
        model = User
        fields = ["q", "in_guild", "has_discord", "has_steam"]

    def search(self, queryset: UserQuerySet, name: str, value: str) -> UserQuerySet:
        columns = ("username", "nickname", "guild_nickname", "discord_nickname")
        matches = Q()
        for column in columns:
            matches |= Q(**{f"{column}__icontains": value})
        return queryset.filter(matches)
