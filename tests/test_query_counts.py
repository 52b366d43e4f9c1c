"""What a request asks of the database: the same for a list of 1 and of 100, and how much."""

from typing import NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from tests.factories import (
    BracketChangeFactory,
    EventFactory,
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    RegistrationFactory,
    SeriesFactory,
    SettlementFactory,
    SteamMemberFactory,
    SyncRunFactory,
    TeamFactory,
    TeamMemberFactory,
    TournamentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def match_with_members():
    match = MatchFactory()
    for slot in range(3):
        MatchPlayerFactory(match=match, player_slot=slot, member=SteamMemberFactory())
    return match


class List(NamedTuple):
    make: object
    """Makes one row with all that hangs on it, of an event of the caller's if it is of one."""
    queries: int
    """By a member, who is looked up where it matters who asks."""
    query: str = ""
    """What the list is not there without."""
    for_staff: bool = False


def event_with_registrations(**fields):
    event = EventFactory(**fields)
    for status in ("registered", "waitlisted"):
        RegistrationFactory(event=event, status=status)
    return event


LISTS = {
    "/api/dashboard/events/": List(
        lambda own: event_with_registrations(created_by=own.created_by), 3
    ),
    # The page, what is counted for it, who asks, and what they have there.
    "/api/events/": List(lambda own: event_with_registrations(), 4),
    # Who asks, the event, the page, and who is in line.
    "/api/events/{event_id}/registrations/": List(
        lambda own: RegistrationFactory(event=own, status="waitlisted"), 4
    ),
    "/api/games/": List(lambda own: GameFactory(), 1),
    "/api/search/": List(lambda own: TeamFactory(name="Night Owls"), 2, "q=owls&"),
    "/api/steam/matches/": List(lambda own: match_with_members(), 2),
    # Who asks, and the page.
    "/api/steam/sync-runs/": List(
        lambda own: SyncRunFactory(started_by=UserFactory()), 2, for_staff=True
    ),
    # The page, and whose names and places need their tournaments.
    "/api/series/": List(lambda own: SeriesFactory(), 2),
    "/api/teams/": List(lambda own: TeamFactory(), 1),
    # Who asks, the team, and the page.
    "/api/teams/{team_id}/members/": List(lambda own: TeamMemberFactory(team=own.team), 3),
    # Who asks, and the page.
    "/api/tournaments/": List(lambda own: TournamentFactory(), 2),
    # Who asks, the tournament, and the page.
    "/api/tournaments/{tournament_id}/changes/": List(
        lambda own: BracketChangeFactory(tournament=own.team.tournament), 3
    ),
    # The same, with each match.
    "/api/tournaments/{tournament_id}/settlements/": List(
        lambda own: SettlementFactory(tournament=own.team.tournament), 3
    ),
    "/api/users/": List(lambda own: UserFactory(), 2),
}


# Answered whole, as long as they are; they are counted where they are tried.
WHOLE = {"/api/steam/heroes/", "/api/steam/live/", "/api/steam/search/"}


@pytest.fixture
def caller(request, path):
    return request.getfixturevalue("staff_api" if LISTS[path].for_staff else "member_api")


@pytest.fixture
def own(member):
    """An event of who asks, and a team in a tournament of theirs."""
    event = EventFactory(created_by=member)
    event.team = TeamFactory(tournament__organiser=member)
    return event


def path_of(path, own):
    return path.format(event_id=own.pk, team_id=own.team.pk, tournament_id=own.team.tournament.pk)


def list_routes():
    """The routes of the schema whose answer has results."""
    schema = SchemaGenerator().get_schema(public=True)
    for path, operations in schema["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        component = schema["components"]["schemas"].get(reference.rpartition("/")[2], {})
        if "results" in component.get("properties", {}):
            yield path


def test_every_list_route_has_its_queries_counted():
    assert set(list_routes()) == LISTS.keys() | WHOLE


def queries_of(client, path):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200
    return len(queries), len(response.json()["results"])


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_100_costs_the_queries_of_a_list_of_1(caller, own, path):
    page = f"{path_of(path, own)}?{LISTS[path].query}page_size=100"
    rows = 0
    while not rows:
        LISTS[path].make(own)
        few, rows = queries_of(caller, page)
    for _ in range(100 - rows):
        LISTS[path].make(own)

    many, rows = queries_of(caller, page)

    assert rows == 100
    assert few == many == LISTS[path].queries


# Matches page by cursor, and are never counted; what a search finds is counted as it is found.
@pytest.mark.parametrize("path", sorted(LISTS.keys() - {"/api/search/", "/api/steam/matches/"}))
def test_a_list_with_more_behind_costs_one_more_to_count_it(caller, own, path):
    page = f"{path_of(path, own)}?page_size=5"
    for _ in range(12):
        LISTS[path].make(own)
    few, _ = queries_of(caller, page)
    for _ in range(24):
        LISTS[path].make(own)

    many, _ = queries_of(caller, page)

    assert few == many == LISTS[path].queries + 1


@pytest.mark.parametrize(
    ("path", "make", "queries"),
    [
        ("/api/events/", EventFactory, 2),
        ("/api/games/", GameFactory, 1),
        ("/api/series/", SeriesFactory, 2),
        ("/api/teams/", TeamFactory, 1),
        ("/api/tournaments/", TournamentFactory, 1),
        ("/api/steam/matches/", match_with_members, 2),
    ],
)
def test_one_of_a_kind_costs_few(api, path, make, queries):
    with CaptureQueriesContext(connection) as asked:
        assert api.get(f"{path}{make().pk}/").status_code == 200

    # What the factory wrote stands before them.
    assert [q["sql"][:6] for q in asked][-queries:] == ["SELECT"] * queries
    assert not asked[-queries - 1]["sql"].startswith("SELECT")


def test_creating_a_game_costs_at_most_seven(member_api, member):
    tournament = TournamentFactory(organiser=member)
    radiant, dire = TeamFactory.create_batch(2, tournament=tournament)
    body = {
        "tournament_id": tournament.pk,
        "radiant_id": radiant.pk,
        "dire_id": dire.pk,
        "winner_id": dire.pk,
    }

    with CaptureQueriesContext(connection) as queries:
        assert member_api.post("/api/games/", body).status_code == 201

    assert len(queries) <= 7
