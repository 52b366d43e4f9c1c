"""A row for each kind of call about a tournament, as the table of who may do what names them."""

from typing import Any

from app.accounts.models import User
from app.tournaments.models import Series
from app.tournaments.services import Order, Score, disqualify_team, report
from tests.factories import (
    GameFactory,
    SettlementFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    running_tournament,
)


def tournament_rows(organiser: User) -> dict[str, Any]:
    ready: Any
    reported: Any
    forfeited: Any
    game = GameFactory.create(tournament__organiser=organiser)
    idle = TeamFactory.create(tournament=game.tournament)
    cup = running_tournament(teams=8, organiser=organiser)
    rows = cup.series.filter(status__in=Series.OPEN).select_related("team_a", "team_b")
    ready, reported, finished, forfeited = rows
    report(series=reported, score=Score(1, 0), by=reported.team_a.captain)
    report(series=finished, score=Score(1, 0), by=organiser)
    disqualify_team(team=forfeited.team_b, order=Order(organiser))
    played = TournamentFactory.create(
        organiser=organiser, status="running", started_at=cup.started_at
    )
    return {
        "tournament": game.tournament.pk,
        "tournament_id": game.tournament.pk,
        "played": played.pk,
        "idle": idle.pk,
        "team": idle.pk,
        "team_member": TeamMemberFactory.create(team=idle).member.pk,
        "seeded": ready.team_a.pk,
        "out": forfeited.team_b.pk,
        "reserve": TeamFactory.create(tournament=cup).pk,
        "series": ready.pk,
        "ready": ready.pk,
        "reported": reported.pk,
        "finished": finished.pk,
        "settlement": SettlementFactory.create(series=ready).pk,
        "game": game.pk,
        "radiant": game.radiant.pk,
        "dire": game.dire.pk,
    }
