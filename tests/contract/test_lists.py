"""Pages and filters, and how their queries survive the way."""

import pytest

from app.tournaments.models import Team
from tests.contract import expect
from tests.contract.sites import unique
from tests.factories import TournamentFactory


@pytest.fixture
def tournament(member_api):
    """Makes tournaments of the member's."""

    def create(name):
        answer = member_api.post(
            "/api/tournaments/",
            json={"name": name, "tournament_type": "round_robin", "status": "registration"},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


def _names(answer):
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["results"]]


def test_a_list_comes_in_pages_that_name_each_other(site, api, tournament):
    name = unique("Cup")
    rows = [tournament(name) for _ in range(3)]

    first = api.get("/api/tournaments/", params={"q": name, "page_size": 2}).json()
    assert first.keys() == {"count", "next", "previous", "results"}
    assert (first["count"], first["previous"]) == (3, None)
    assert first["results"] == [rows[2], rows[1]]
    assert first["next"].startswith(f"{site.base_url}/api/tournaments/?")

    second = api.get(first["next"]).json()
    assert (second["count"], second["next"]) == (3, None)
    assert second["results"] == [rows[0]]
    assert api.get(second["previous"]).json() == first

    beyond = api.get("/api/tournaments/", params={"q": name, "page_size": 2, "page": 3})
    expect.refused(beyond, 404, "not_found")


@pytest.mark.parametrize("page", ["0", "-1", "one"])
def test_there_is_no_such_page(api, page):
    expect.refused(api.get("/api/tournaments/", params={"page": page}), 404, "not_found")


def test_a_page_has_twenty_rows_or_as_many_as_asked_for_up_to_a_hundred(gateway, api):
    cup = TournamentFactory()
    Team.objects.bulk_create(Team(tournament=cup, name=f"Team {n}") for n in range(101))

    def rows(**params):
        page = api.get("/api/teams/", params={"tournament": cup.pk, **params}).json()
        assert page["count"] == 101
        return len(page["results"])

    assert rows() == 20
    assert rows(page_size=7) == 7
    assert rows(page_size=1000) == 100
    for nonsense in (0, -5, "many"):
        assert rows(page_size=nonsense) == 20


@pytest.mark.parametrize(
    "name",
    ["Äquinoktium", "杯 №1", "Cup 🏆", "A+B & C=D; 100% / #1?", 'Say "hi", <b>'],
)
def test_a_name_survives_the_body_and_the_query(api, tournament, name):
    name = f"{name} {unique('of')}"
    assert tournament(name)["name"] == name

    assert _names(api.get("/api/tournaments/", params={"q": name})) == [name]


def test_a_percent_encoded_query_is_decoded_once(api, tournament):
    word = unique("cup")
    tournament(f"Ä {word}")
    tournament(f"%C3%84 {word}")

    assert _names(api.get(f"/api/tournaments/?q=%C3%84+{word}")) == [f"Ä {word}"]
    assert _names(api.get(f"/api/tournaments/?q=%25C3%2584%20{word}")) == [f"%C3%84 {word}"]


def test_of_a_parameter_given_twice_the_last_one_counts(api, tournament):
    word = unique("cup")
    tournament(word)

    assert _names(api.get(f"/api/tournaments/?q=none-{word}&q={word}&organiser=")) == [word]
    assert _names(api.get(f"/api/tournaments/?q={word}&q=none-{word}&organiser=")) == []


def test_a_percent_encoded_path_finds_its_route(api):
    assert api.get("/api/%74ournaments/").status_code == 200
    expect.refused(api.get("/api/tournaments/%C3%84/"), 404, "not_found")


def test_a_list_is_filtered_and_ordered(api, member_api, outsider_api, tournament):
    word = unique("cup")
    for name in (f"{word} b", f"{word} a"):
        tournament(name)
    mine, theirs = member_api.user["id"], outsider_api.user["id"]

    def names(**params):
        return _names(api.get("/api/tournaments/", params={"q": word, **params}))

    assert names(organiser=mine) == [f"{word} a", f"{word} b"]
    assert names(organiser=mine, ordering="-name") == [f"{word} b", f"{word} a"]
    assert names(tournament_type="round_robin", ordering="id") == [f"{word} b", f"{word} a"]
    assert names(organiser=theirs) == names(tournament_type="swiss") == []


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        ("tournaments", "tournament_type", "chess"),
        ("tournaments", "organiser", "me"),
        ("tournaments", "ordering", "organiser"),
        ("teams", "tournament", "1.5"),
        ("teams", "captain", "--"),
        ("games", "team", "x"),
        ("games", "winner", "Ä"),
        ("games", "decided", "maybe"),
        ("users", "has_steam", "maybe"),
        ("users", "q", "q" * 65),
        ("steam/matches", "since", "yesterday"),
        ("steam/matches", "hero", "axe"),
        ("steam/matches", "state", "lost"),
        ("steam/matches", "tournament", "cup"),
        ("steam/matches", "game_mode", "turbo"),
        ("steam/search", "q", "a"),
    ],
)
def test_a_filters_wrong_value_is_named(member_api, path, parameter, value):
    expect.invalid(member_api.get(f"/api/{path}/", params={parameter: value}), parameter)
