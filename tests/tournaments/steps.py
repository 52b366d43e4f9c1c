"""Steps of a tournament, and what a refused one must leave as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.tournaments import services
from app.tournaments.models import BracketChange, Game, Series, Team, TeamMember, Tournament
from app.tournaments.services import Score

STORED = [Tournament, Team, TeamMember, Series, Game, BracketChange]
# Of two equal courses these differ: when, and by which row.
TIMES = {"id", "created_at", "updated_at", "ready_at", "finished_at"}


def stored(*models) -> dict[str, list[dict[str, Any]]]:
    """All rows of tournaments, or those of some models."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in models or STORED
    }


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = stored()
    yield
    assert stored() == before


def refused(response, code: str, status: int = 409) -> str:
    """Answer what a refusal in the error format says."""
    body = response.json()
    assert (response.status_code, body.get("code")) == (status, code), body
    assert body.keys() == {"detail", "code"}
    detail: str = body["detail"]
    return detail


def invalid(response) -> dict[str, list[str]]:
    """Answer what a 400 in the error format says of each field."""
    body = response.json()
    assert (response.status_code, body.get("code")) == (400, "invalid"), body
    assert body.keys() == {"error", "code", "details"}
    details: dict[str, list[str]] = body["details"]
    return details


def series(tournament: Tournament, name: str) -> Series:
    """Answer the series of that name, as it is now."""
    rows = tournament.series.select_related("tournament", "team_a", "team_b")
    [found] = [row for row in rows if row.name == name]
    return found


def names(tournament: Tournament) -> list[str]:
    rows = tournament.series.select_related("tournament").order_by("id")
    return [row.name for row in rows]


def teams(row: Series) -> list[str | None]:
    return [team.name if team else None for team in (row.team_a, row.team_b)]


def decide(tournament: Tournament, name: str, a: int = 1, b: int = 0, **fields) -> Series:
    """Let the organiser say how a series ended."""
    assert tournament.organiser
    row = series(tournament, name)
    return services.report(series=row, score=Score(a, b, **fields), by=tournament.organiser)


def play(tournament: Tournament, *, a: int = 1, b: int = 0) -> None:
    """Let the first team win everything that is to be played yet."""
    while ready := tournament.series.filter(status__in=Series.OPEN).order_by("id"):
        for row in ready:
            decide(tournament, row.name, a, b)


def course(tournament: Tournament) -> list[dict[str, Any]]:
    """Answer the bracket's rows, but for their ids and times."""
    return [
        {name: value for name, value in row.items() if name not in TIMES}
        for row in tournament.series.order_by("section", "group", "round", "position").values()
    ]
