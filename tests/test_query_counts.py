"""What a request asks of the database: the same for a list of 1 and of 100, and how much."""

from typing import NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from tests.factories import (
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    SteamMemberFactory,
    TeamFactory,
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
    """Makes one row with all that hangs on it."""
    queries: int
    """By a member; the first is who the token is of."""


LISTS = {
    "/api/games/": List(GameFactory, 3),
    "/api/steam/matches/": List(match_with_members, 3),
    "/api/teams/": List(TeamFactory, 3),
    "/api/tournaments/": List(TournamentFactory, 3),
    "/api/users/": List(UserFactory, 3),
}


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
    assert set(list_routes()) == set(LISTS)


def queries_of(client, path):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200
    return len(queries), len(response.json()["results"])


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_100_costs_the_queries_of_a_list_of_1(member_api, path):
    page = f"{path}?page_size=100"
    LISTS[path].make()
    few, _ = queries_of(member_api, page)
    for _ in range(99):
        LISTS[path].make()

    many, rows = queries_of(member_api, page)

    assert rows == 100
    assert few == many == LISTS[path].queries


@pytest.mark.parametrize(
    ("path", "make", "queries"),
    [
        ("/api/games/", GameFactory, 1),
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
