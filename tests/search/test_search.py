"""GET /api/search/: who finds what, and in which order; tests/core/test_search.py has the words."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import User
from app.events.models import Event
from app.search.querysets import KINDS, MOST, find
from app.tournaments.models import Team, Tournament
from tests.factories import (
    EventFactory,
    StaffFactory,
    TeamFactory,
    TournamentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PATH = "/api/search/"


def search(client, q, **params):
    response = client.get(PATH, {"q": q, **params})
    assert response.status_code == 200, response.content
    return response.json()


def titles(client, q, **params):
    return [row["title"] for row in search(client, q, **params)["results"]]


@pytest.fixture
def owls():
    """One of each kind that is found by the word owls."""
    organiser = UserFactory(username="owl-keeper", nickname="Owls' friend")
    cup = TournamentFactory(name="Owls Cup", description="Of owls.", organiser=organiser)
    return {
        "event": EventFactory(title="Owls meet", location="The barn", created_by=organiser),
        "tournament": cup,
        "team": TeamFactory(name="Night Owls", tournament=cup, captain=organiser),
        "member": organiser,
    }


# What is answered


def test_a_search_finds_each_kind(member_api, owls):
    found = search(member_api, "owls")

    rows = {row["type"]: row for row in found["results"]}
    assert found.keys() == {"count", "next", "previous", "results"}
    assert (found["count"], found["next"], found["previous"]) == (4, None, None)
    assert {kind: row["id"] for kind, row in rows.items()} == {
        kind: instance.pk for kind, instance in owls.items()
    }
    assert {kind: (row["title"], row["summary"]) for kind, row in rows.items()} == {
        "event": ("Owls meet", "The barn"),
        "tournament": ("Owls Cup", "Of owls."),
        "team": ("Night Owls", "Owls Cup"),
        "member": ("Owls' friend", "owl-keeper"),
    }
    assert all(row["rank"] > 0 for row in rows.values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_is_searched_by_itself(member_api, owls, kind):
    assert [row["type"] for row in search(member_api, "owls", type=kind)["results"]] == [kind]


def test_a_type_that_is_left_empty_is_any(member_api, owls):
    assert search(member_api, "owls", type="")["count"] == 4


def test_a_summary_is_the_beginning_of_what_describes_it(api):
    EventFactory(title="Owls", description="x" * 500, location="The barn")
    TournamentFactory(name="Owls")

    rows = {row["type"]: row["summary"] for row in search(api, "owls")["results"]}
    assert rows == {"event": "x" * 160, "tournament": ""}


@pytest.mark.parametrize(
    ("query", "field", "word"),
    [
        ("", "q", "Say what to look for"),
        ("q=", "q", "Say what to look for"),
        ("q=%20%09", "q", "Say what to look for"),
        ("q=" + "x" * 101, "q", "100 characters"),
        ("q=a%00b", "q", "Null characters"),
        ("q=cup&type=game", "type", "event, tournament, team, member"),
    ],
)
def test_what_cannot_be_searched_for_is_said(api, query, field, word):
    response = api.get(f"{PATH}?{query}")

    assert response.status_code == 400
    assert (response.json()["error"], response.json()["code"]) == ("Validation Error", "invalid")
    [[sentence]] = response.json()["details"].values()
    assert list(response.json()["details"]) == [field]
    assert word in sentence


@settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=st.text(max_size=110) | st.text(alphabet="ab \"'-|&!():*<>\\\\or", max_size=30))
def test_whatever_is_typed_is_searched_for_or_refused(api, owls, text):
    response = api.get(f"{PATH}?{urlencode({'q': text}, errors='replace')}")

    text = text.strip()
    refused = not 1 <= len(text) <= 100 or "\0" in text
    assert response.status_code == (400 if refused else 200)


# In which order


def test_a_title_comes_before_a_description_whatever_the_kind(api):
    TournamentFactory(name="Autumn", description="An owl.")
    EventFactory(title="Meeting", location="At the owl")
    EventFactory(title="Spring", description="An owl.")
    TeamFactory(name="Owl", tournament__name="Other")

    found = titles(api, "owl")

    assert found[0] == "Owl"
    assert set(found) == {"Owl", "Autumn", "Meeting", "Spring"}
    if connection.vendor == "postgresql":
        assert found[-1] == "Spring"


def test_of_equals_the_newest_comes_first(member_api):
    for number, row in enumerate(
        [TournamentFactory(name="Owl"), TeamFactory(name="Owl"), EventFactory(title="Owl")]
    ):
        row.created_at = datetime(2026, 10, 1 + number * 7 % 5, tzinfo=UTC)
        row.save()
    UserFactory(username="owl", date_joined=datetime(2026, 10, 4, tzinfo=UTC))

    found = [row["type"] for row in search(member_api, "owl")["results"]]

    # Of the days 1, 3, 5 and 4.
    assert found == ["event", "member", "team", "tournament"]


def test_pages_neither_repeat_nor_lose_a_row(api):
    for _ in range(6):
        TeamFactory(name="Owl", tournament=TournamentFactory(name="Owl"))
        EventFactory(title="Owl")
    moment = datetime(2026, 10, 1, tzinfo=UTC)
    for model in (Event, Team, Tournament):
        model.objects.update(created_at=moment)

    url, seen, pages = f"{PATH}?q=owl&page_size=5", [], 0
    while url:
        page = api.get(url).json()
        assert page["count"] == 18
        seen += [(row["type"], row["id"]) for row in page["results"]]
        url, pages = page["next"], pages + 1

    assert (pages, len(seen), len(set(seen))) == (4, 18, 18)
    assert (
        api.get(f"{PATH}?q=owl&page_size=5&page=2")
        .json()["previous"]
        .endswith("?page_size=5&q=owl")
    )


@pytest.mark.parametrize("page", ["0", "-1", "3", "x", "9" * 5000])
def test_there_is_no_such_page(api, page):
    TeamFactory.create_batch(2, name="Owl")

    response = api.get(PATH, {"q": "owl", "page_size": 1, "page": page})

    assert response.status_code == 404
    assert response.json() == {"detail": "There is no such page.", "code": "not_found"}


def test_nothing_found_is_an_empty_page(api):
    assert search(api, "owl") == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite finds them all.")
def test_of_what_all_have_the_newest_are_found(api):
    cup = TournamentFactory(name="Cup")
    Team.objects.bulk_create(Team(tournament=cup, name=f"Owl {n}") for n in range(MOST + 5))

    found = search(api, "owl", page_size=100)
    last = search(api, "owl", page_size=100, page=10)

    assert found["count"] == MOST
    assert last["results"][-1]["title"] == "Owl 5"


# Who finds what


@pytest.fixture
def draft(member):
    return EventFactory(title="Secret owls", status=Event.Status.DRAFT, created_by=member)


def test_a_draft_is_found_by_its_organiser_and_staff(member_api, staff_api, draft):
    assert titles(member_api, "owls") == titles(staff_api, "owls") == ["Secret owls"]


def test_a_draft_is_found_by_nobody_else(api, outsider_api, draft):
    assert titles(api, "owls") == titles(outsider_api, "owls") == []
    assert search(outsider_api, "owls", type="event")["count"] == 0


def test_a_draft_whose_organiser_has_left_is_found_by_staff_alone(api, outsider_api, staff_api):
    EventFactory(title="Secret owls", status=Event.Status.DRAFT, created_by=None)

    assert titles(api, "owls") == titles(outsider_api, "owls") == []
    assert titles(staff_api, "owls") == ["Secret owls"]


def test_members_are_found_by_members(api, outsider_api):
    UserFactory(username="owl-keeper")

    assert titles(outsider_api, "owl") == ["owl-keeper"]
    assert titles(api, "owl") == titles(api, "owl", type="member") == []


@pytest.mark.parametrize("name", ["username", "nickname", "guild_nickname", "discord_nickname"])
def test_a_member_is_found_by_each_of_their_names(outsider_api, name):
    member = UserFactory(**{name: "Strigiformes"})

    [row] = search(outsider_api, "strigi")["results"]

    assert (row["type"], row["id"], row["summary"]) == ("member", member.pk, member.username)


@pytest.mark.parametrize("q", ["owl.keeper@barn.example", "barn.example", "barn", "owl", "keeper"])
def test_an_email_finds_nobody(outsider_api, staff_api, q):
    UserFactory(username="ada", email="owl.keeper@barn.example")

    assert titles(outsider_api, q) == titles(staff_api, q) == []


def test_who_is_deactivated_is_not_found(outsider_api, staff_api):
    UserFactory(username="owl-keeper", is_active=False)

    assert titles(outsider_api, "owl") == titles(staff_api, "owl") == []


def test_who_was_a_member_is_told_so(outsider, outsider_api):
    User.objects.filter(pk=outsider.pk).update(is_active=False)

    response = outsider_api.get(PATH, {"q": "owl"})

    assert response.status_code == 401
    assert response.json()["code"] == "user_inactive"


def test_who_was_renamed_is_found_at_once_and_not_by_the_old_name(outsider_api, member, member_api):
    assert member_api.patch("/api/users/me/", {"username": "barn-owl"}).status_code == 200

    assert titles(outsider_api, "owl") == ["barn-owl"]
    assert titles(outsider_api, member.username) == []


# What it costs, and who may keep it


@pytest.mark.django_db(transaction=True)
def test_what_nobody_found_is_kept_until_it_is_written_to(api):
    team = TeamFactory(name="Owls")

    def ask():
        with CaptureQueriesContext(connection) as queries:
            response = api.get(PATH, {"q": "owls"})
        return response, len(queries)

    ask()  # notes the tables' tokens, which an answer is kept under
    first, _ = ask()
    again, queries = ask()
    Team.objects.filter(pk=team.pk).update(name="Crows")
    later, _ = ask()

    assert (again.content, queries) == (first.content, 0)
    assert "public" in first["Cache-Control"]
    assert {"Authorization", "Cookie"} <= {*first["Vary"].split(", ")}
    assert later.json()["count"] == 0
    assert api.get(PATH, {"q": "owls"}, headers={"If-None-Match": later["ETag"]}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_what_a_member_found_is_kept_nowhere(api, member_api, draft):
    for _ in range(3):
        assert titles(api, "owls") == []
        response = member_api.get(PATH, {"q": "owls"})

        assert response.json()["count"] == 1
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response
        assert {"Authorization", "Cookie"} <= {*response["Vary"].split(", ")}


def test_a_search_costs_the_same_however_much_is_found(api, member_api, owls):
    def cost(client):
        with CaptureQueriesContext(connection) as queries:
            search(client, "owls", page_size=100)
        return len(queries)

    few = cost(api), cost(member_api)
    for number in range(20):
        TeamFactory(name="Owls", tournament__name="Owls")
        EventFactory(title="Owls", created_by__username=f"owls.{number}")

    # A member is looked up.
    assert few == (cost(api), cost(member_api)) == (1, 2)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such indexes.")
@pytest.mark.parametrize(
    "user", [AnonymousUser(), StaffFactory.build(pk=1)], ids=["nobody", "staff"]
)
def test_what_is_rare_is_found_by_the_indexes(user):
    cup = TournamentFactory(name="Cup")
    numbers = range(4000)
    moment = datetime(2026, 10, 1, 20, tzinfo=UTC)
    Team.objects.bulk_create(Team(tournament=cup, name=f"Team {n}") for n in numbers)
    Tournament.objects.bulk_create(Tournament(name=f"Cup {n}") for n in numbers)
    User.objects.bulk_create(
        User(username=f"ada-{n}", email=f"{n}@guildhall.example") for n in numbers
    )
    Event.objects.bulk_create(
        Event(title=f"Meet {n}", start_date=moment, end_date=moment.replace(hour=23))
        for n in numbers
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        find("3999", kinds=KINDS, user=user, offset=0, limit=20)
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    names = {"event_search", "team_search", "tournament_search"}
    assert {name for name in (*names, "user_search") if f"Index Scan on {name}" in plan} == (
        names | {"user_search"} if user.is_staff else names
    ), plan
    assert "Seq Scan" not in plan
