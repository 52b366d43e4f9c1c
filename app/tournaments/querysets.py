from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from app.tournaments.models import Game  # noqa: F401 - named in a string below


class GameQuerySet(models.QuerySet["Game"]):
    def with_teams(self) -> Self:
        """Bring both teams along, as far as a game shows them."""
        columns = [f.name for f in self.model._meta.fields]
        teams = [f"{side}__{column}" for side in ("radiant", "dire") for column in ("name", "seed")]
        return self.select_related("radiant", "dire").only(*columns, *teams)
