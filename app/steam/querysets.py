from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models

if TYPE_CHECKING:
    from app.steam.models import Match  # noqa: F401 - named in a string below


class MatchQuerySet(models.QuerySet["Match"]):
    def pending(self) -> Self:
        return self.filter(state="pending")

    def stored(self) -> Self:
        return self.filter(state="stored")

    def due(self, now: datetime) -> Self:
        return self.pending().filter(retry_at__lte=now)

    def played_together(self, members: models.QuerySet[Any], least: int) -> Self:
        """Keep the matches with so many of the members or more; those are given by their ids."""
        played = self.filter(players__member__in=members)
        return played.annotate(together=models.Count("players")).filter(together__gte=least)

    def played_by(self, **player: object) -> Self:
        """Keep the matches with a player like this, each once."""
        players = self.model.players.rel.related_model._default_manager
        # In the order of the players' own index. By an EXISTS, PostgreSQL walks all matches that
        # are newer than the first one: a second, where somebody has not played for long.
        found = players.filter(**player).order_by("-match_id")
        by_index = connection.features.can_distinct_on_fields
        found = found.distinct("match_id") if by_index else found.distinct()
        return self.filter(pk__in=found.values("match_id"))

    def of_tournament(self, tournament_id: object) -> Self:
        """Keep the matches that are games of the tournament, of which each is one at most."""
        # By its name, as tournaments build on steam and not the other way.
        return self.filter(games__tournament=tournament_id)
