"""Tournaments, and matches that Steam has recorded of their teams."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

from django.db.models import Q
from django.utils import timezone

from app.accounts.models import User
from app.steam.models import Match
from app.tournaments import services
from app.tournaments.models import (
    Game,
    Series,
    Settlement,
    Team,
    TeamMember,
    Tournament,
)
from app.tournaments.services import Order
from tests.factories import (
    MatchFactory,
    MatchPlayerFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UserFactory,
)

_accounts = count(900_000_000)

LONG_AGO = timezone.now() - timedelta(days=30)


def started(teams: int = 2, *, members: int = 5, **fields) -> Tournament:
    """A tournament that began a month ago, with teams of so many members each, the first the
    strongest; who meets first has been known since now.
    """
    tournament = TournamentFactory.create(**fields)
    for seed in range(1, teams + 1):
        name = f"Team {seed}"
        team = TeamFactory(tournament=tournament, name=name, seed=seed, captain=UserFactory())
        TeamMemberFactory(team=team, member=team.captain)
        TeamMemberFactory.create_batch(members - 1, team=team)
    return begun_long_ago(tournament)


def begun_long_ago(tournament: Tournament) -> Tournament:
    staff = UserFactory.create(is_staff=True)
    services.start_tournament(tournament=tournament, by=staff)
    tournament.started_at = LONG_AGO
    tournament.save(update_fields=["started_at"])
    joined(LONG_AGO, tournament=tournament)
    return Tournament.objects.get(pk=tournament.pk)


def joined(moment: datetime, **members) -> None:
    TeamMember.objects.filter(**members).update(created_at=moment)


def teams_of(tournament: Tournament) -> list[Team]:
    return list(tournament.teams.order_by("seed"))


def five(team: Team) -> list[User]:
    return [each.member for each in team.members.select_related("member").order_by("id")[:5]]


def play(
    radiant: Iterable[User | None],
    dire: Iterable[User | None],
    *,
    minutes_ago: float = 60,
    **fields,
) -> Match:
    """A match between these members; None is a stranger, and what is missing is anonymous."""
    begun = timezone.now() - timedelta(minutes=minutes_ago)
    match: Match = MatchFactory.create(start_time=begun, **fields)
    for first, players in ((0, radiant), (128, dire)):
        known = list(players)
        for position in range(5):
            is_known = position < len(known)
            MatchPlayerFactory(
                match=match,
                player_slot=first + position,
                member=known[position] if is_known else None,
                account_id=next(_accounts) if is_known else None,
            )
    return match


def won_by(winner: Team, loser: Team, *, minutes_ago: float = 60, **fields) -> Match:
    return play(five(winner), five(loser), minutes_ago=minutes_ago, radiant_win=True, **fields)


def the_series(tournament: Tournament, **fields) -> Series:
    return tournament.series.select_related("team_a", "team_b").get(**fields)


def record(match: Match, tournament: Tournament) -> Game:
    """Enter a match by hand, as a game of the series of those who were in it."""
    radiant, dire = (
        tournament.teams.get(members__member=match.players.filter(is_radiant=side)[0].member)
        for side in (True, False)
    )
    series = tournament.series.get(Q(team_a=radiant, team_b=dire) | Q(team_a=dire, team_b=radiant))
    return services.create_game(
        tournament_id=tournament.pk,
        radiant=radiant,
        dire=dire,
        series_id=series.pk,
        match_id=match.pk,
        order=Order(tournament.organiser),
    )


def the_settlement(**fields) -> Settlement:
    return Settlement.objects.get(**fields)


def doubts(**fields) -> list[str]:
    found: list[str] = the_settlement(**fields).evidence["doubts"]
    return found


def played_with_a_doubt(tournament: Tournament) -> Match:
    """A match of the final in which two of the winner's cannot be seen."""
    one, two = teams_of(tournament)
    return play(five(one)[:3], five(two))
