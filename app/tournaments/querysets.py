from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import BooleanField, F, Q

from app.core.statements import Bind, Statement, kept

if TYPE_CHECKING:
    from app.tournaments.models import (  # noqa: F401 - named in strings below
        BracketChange,
        Game,
        Series,
        Settlement,
        Team,
        Tournament,
    )

GRACE = timedelta(minutes=10)
"""How long a change may wait in a queue until it is taken for lost on the way there."""


class TournamentQuerySet(models.QuerySet["Tournament"]):
    def visible_to(self, user: Any) -> Self:
        """Leave out the drafts of others, unless it is staff who look."""
        if user.is_staff:
            return self
        visible = ~Q(status=self.model.Status.DRAFT)
        # Nobody is not the organiser of a draft that has none.
        if user.is_authenticated:
            visible |= Q(organiser=user.pk)
        return self.filter(visible)

    def announced(self) -> Self:
        return self.exclude(status=self.model.Status.DRAFT)

    def visible_to_viewer(self) -> Self:
        """The same for a statement that is kept: binds `viewer`, an id or None, and `is_staff`."""
        return self.filter(
            ~Q(status=self.model.Status.DRAFT)
            | Q(organiser=Bind("viewer", self.model._meta.pk))
            | Q(Bind("is_staff", BooleanField()))
        )


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


class SeriesQuerySet(models.QuerySet["Series"]):
    def settleable(self, *, since: datetime) -> Self:
        """Match what Steam may know games of: what is open, or people have ended, or games have
        since then; each with its teams and its tournament.
        """
        running = self.filter(tournament__status="running", ready_at__isnull=False)
        found = running.filter(
            Q(status__in=self.model.OPEN)
            | Q(decided_by="report")
            | Q(decided_by="games", finished_at__gte=since)
        )
        # Of the tournament no long texts, once for each of its series.
        return (
            found.select_related("tournament", "team_a", "team_b")
            .defer("tournament__description", "tournament__rules")
            .order_by("id")
        )

    def with_teams(self) -> Self:
        """Bring both teams along, as far as a series shows them."""
        columns = [field.name for field in self.model._meta.fields]
        teams = [
            f"{side}__{column}" for side in ("team_a", "team_b") for column in ("name", "seed")
        ]
        return self.select_related("team_a", "team_b").only(*columns, *teams)


class BracketChangeQuerySet(models.QuerySet["BracketChange"]):
    def forgotten(self, now: datetime) -> Self:
        """Match those of the last day that a task should have told of by now."""
        return self.filter(
            told_at=None, created_at__gte=now - timedelta(days=1), created_at__lt=now - GRACE
        )


class SettlementQuerySet(models.QuerySet["Settlement"]):
    def pending(self) -> Self:
        return self.filter(status="pending")

    def moot(self) -> Self:
        """Match what has come to nothing while its tournament is running: the match is a game of
        some series of that tournament by now, or the game that it was recorded as is of none any
        more.
        """
        return self.filter(tournament__status="running").filter(
            Q(
                status="pending",
                match__games__series__isnull=False,
                match__games__tournament=F("tournament"),
            )
            | Q(status="recorded", game__isnull=False, game__series=None)
        )


class GameQuerySet(models.QuerySet["Game"]):
    def with_teams(self) -> Self:
        """Bring both teams along, as far as a game shows them."""
        columns = [f.name for f in self.model._meta.fields]
        teams = [f"{side}__{column}" for side in ("radiant", "dire") for column in ("name", "seed")]
        return self.select_related("radiant", "dire").only(*columns, *teams)
