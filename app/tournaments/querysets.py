from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from app.core.statements import Bind, Statement, kept

if TYPE_CHECKING:
    from app.tournaments.models import Game, Team  # noqa: F401 - named in strings below


class TeamQuerySet(models.QuerySet["Team"]):
    def two_of(self, tournament_id: int, one: int, other: int = 0) -> dict[int, "Team"]:
        """Answer those of the two that are in the tournament by their ids, each with it."""
        id_field = self.model._meta.pk
        binds = {name: Bind(name, id_field) for name in ("tournament", "one", "other")}

        def build() -> Statement:
            teams = self.filter(Q(pk=binds["one"]) | Q(pk=binds["other"]))
            whole = teams.filter(tournament=binds["tournament"]).select_related("tournament")
            return Statement(whole, prepare=True)

        statement = kept("two of a tournament", build)
        found = statement.instances({"tournament": tournament_id, "one": one, "other": other})
        return {team.pk: team for team in found}


class GameQuerySet(models.QuerySet["Game"]):
    def with_teams(self) -> Self:
        """Bring both teams along, as far as a game shows them."""
        columns = [f.name for f in self.model._meta.fields]
        teams = [f"{side}__{column}" for side in ("radiant", "dire") for column in ("name", "seed")]
        return self.select_related("radiant", "dire").only(*columns, *teams)
