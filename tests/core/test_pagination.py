"""Pages are found by number or by the id that a link names, and hold the same rows."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.core import pagination, statements
from app.tournaments.models import Team, Tournament
from tests.factories import TeamFactory, TournamentFactory, UserFactory

pytestmark = pytest.mark.django_db

# By falling ids, by rising ones, and by rising ones without a row to read from.
BY_ID = ["/api/tournaments/", "/api/teams/", "/api/users/"]


@pytest.fixture
def rows():
    """Eleven of each, beside the member who asks."""
    cup = TournamentFactory(organiser=None)
    TournamentFactory.create_batch(10, organiser=None)
    TeamFactory.create_batch(11, tournament=cup, captain=None)
    UserFactory.create_batch(10)


def ids(page):
    return [row["id"] for row in page["results"]]


def read(client, url):
    response = client.get(url)
    assert response.status_code == 200, response.json()
    return response.json()


def walk(client, url, side="next", between=lambda: None):
    """Answer the pages from that one on, as the links name them."""
    pages = [read(client, url)]
    while link := pages[-1][side]:
        between()
        pages.append(read(client, link))
        assert len(pages) < 50
    return pages


def anchors(url):
    return parse_qs(urlsplit(url).query).keys() & {"after", "before"}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 11, 12])
@pytest.mark.parametrize("path", BY_ID)
def test_walking_jumping_and_walking_back_give_the_same_pages(member_api, rows, path, size):
    pages = walk(member_api, f"{path}?page_size={size}")
    number = len(pages)

    jumped = [read(member_api, f"{path}?page_size={size}&page={n + 1}") for n in range(number)]
    back = walk(member_api, f"{path}?page_size={size}&page=last", "previous")

    assert [ids(page) for page in pages] == [ids(page) for page in jumped]
    assert [ids(page) for page in pages] == [ids(page) for page in reversed(back)]
    found = [id_ for page in pages for id_ in ids(page)]
    assert found == sorted(set(found), reverse=path == "/api/tournaments/")
    assert len(found) == 11
    assert {page["count"] for page in [*pages, *jumped, *back]} == {11}


@pytest.mark.parametrize(
    "query", ["", "ordering=name", "ordering=-name", "ordering=seed", "ordering=-id"]
)
def test_in_any_order_the_links_lead_through_all_rows_and_back(api, rows, query):
    url = f"/api/teams/?page_size=4&{query}"

    pages = walk(api, url)
    back = walk(api, pages[-2]["next"], "previous")

    assert [ids(page) for page in pages] == [ids(page) for page in reversed(back)]
    assert sorted(id_ for page in pages for id_ in ids(page)) == sorted(
        Team.objects.values_list("pk", flat=True)
    )


def test_links_say_at_which_id_to_go_on_where_ids_are_the_order(api, rows):
    first = read(api, "/api/teams/?page_size=4")
    second = read(api, first["next"])

    assert anchors(first["next"]) == {"after"}
    assert anchors(second["next"]) == {"after"}
    assert anchors(second["previous"]) == {"before"}
    third = read(api, second["next"])
    assert anchors(third["previous"]) == {"before"}


def test_links_of_another_order_have_numbers_alone(api, rows):
    second = read(api, "/api/teams/?page_size=4&page=2&ordering=name")

    assert not anchors(second["next"]) | anchors(second["previous"])


def test_in_another_order_an_anchor_leads_nowhere(api, rows):
    page = read(api, "/api/teams/?page_size=4&page=2&ordering=-name")
    last = Team.objects.last()

    for side in ("after", "before"):
        url = f"/api/teams/?page_size=4&page=2&ordering=-name&{side}={last.pk}"
        assert ids(read(api, url)) == ids(page)


def test_a_link_keeps_what_else_was_asked_for(api, rows):
    page = read(
        api, "/api/tournaments/?page_size=2&q=tournament&tournament_type=single_elimination"
    )

    asked = parse_qs(urlsplit(page["next"]).query)

    assert asked.keys() == {"page_size", "q", "tournament_type", "page", "after"}
    assert ids(read(api, page["next"])) < ids(page)


def test_rows_that_come_in_at_the_head_shift_no_page_behind_it(api, rows):
    known = sorted(Tournament.objects.values_list("pk", flat=True), reverse=True)

    pages = walk(api, "/api/tournaments/?page_size=3", between=TournamentFactory)

    assert [id_ for page in pages for id_ in ids(page)] == known


def test_rows_that_go_between_two_pages_take_none_with_them(api, rows):
    known = list(Team.objects.values_list("pk", flat=True))
    first = read(api, "/api/teams/?page_size=4")
    Team.objects.filter(pk__in=ids(first)).delete()

    pages = walk(api, first["next"])

    assert [id_ for page in pages for id_ in ids(page)] == known[4:]


def test_a_page_before_an_id_is_of_the_nearest_rows(api, rows):
    known = list(Team.objects.values_list("pk", flat=True))

    page = read(api, f"/api/teams/?page_size=3&page=3&before={known[8]}")

    assert ids(page) == known[5:8]


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("value", ["me", "-1", "1.5", "٣", str(2**63), "9" * 5000, "%00"])
@pytest.mark.parametrize("ordering", ["", "name"])
def test_an_anchor_that_is_no_id_is_an_error(api, side, value, ordering):
    response = api.get(f"/api/teams/?page=2&ordering={ordering}&{side}={value}")

    assert response.status_code == 400
    assert response.json() == {
        "error": "Validation Error",
        "code": "invalid",
        "details": {side: ["This is not an id."]},
    }


@pytest.mark.parametrize("value", [0, 2**63 - 1])
@pytest.mark.parametrize("side", ["after", "before"])
def test_an_anchor_may_be_an_id_that_nothing_has(api, rows, side, value):
    page = read(api, f"/api/teams/?page=2&{side}={value}")

    # Before all of them the list begins; after all of them there is nothing.
    assert len(ids(page)) == (0 if (side, value) == ("after", 2**63 - 1) else 11)


def test_walking_back_passes_what_came_in_at_the_head(api, rows):
    known = ids(read(api, "/api/tournaments/"))
    last = walk(api, "/api/tournaments/?page_size=3")[-1]["next"] or (
        "/api/tournaments/?page_size=3&page=last"
    )

    back = walk(api, last, "previous", between=TournamentFactory)

    found = [id_ for page in reversed(back) for id_ in ids(page)]
    assert [id_ for id_ in found if id_ in known] == known
    assert len(found) > len(known)


def test_walking_back_repeats_nothing_when_rows_have_gone(api, rows):
    known = ids(read(api, "/api/teams/"))
    third = walk(api, "/api/teams/?page_size=3")[2]
    Team.objects.filter(pk__in=known[:2]).delete()

    second = read(api, third["previous"])
    first = read(api, second["previous"])

    assert ids(first) + ids(second) + ids(third) == known[2:9]
    assert first["previous"] is None


def test_where_all_before_has_gone_the_list_begins(api, rows):
    known = ids(read(api, "/api/teams/"))
    third = walk(api, "/api/teams/?page_size=3")[2]
    Team.objects.filter(pk__in=known[:6]).delete()

    begin = read(api, third["previous"])

    assert ids(begin) == ids(third)
    assert begin["previous"] is None
    assert ids(read(api, begin["next"])) == known[9:]


def test_an_anchor_does_without_a_number(api, rows):
    known = ids(read(api, "/api/teams/"))

    page = read(api, f"/api/teams/?page_size=4&after={known[3]}")

    assert ids(page) == known[4:8]
    assert ids(read(api, page["previous"])) == known[:4]


@pytest.mark.parametrize("number", [2**56, 2**63, 10**30, "9" * 5000, "-1", "1.0", "x", "٢"])
def test_a_number_without_a_page_is_a_404(api, rows, number):
    assert api.get(f"/api/teams/?page={number}").status_code == 404


@pytest.mark.parametrize("query", ["", "page=1", "page=last", "count=exact", "page=2&after=0"])
def test_an_empty_list_is_a_page(api, query):
    page = read(api, f"/api/games/?{query}")

    assert (page["count"], page["results"], page["next"]) == (0, [], None)


def test_there_is_no_second_page_of_an_empty_list(api):
    assert api.get("/api/games/?page=2").status_code == 404


class TestCount:
    @pytest.fixture(autouse=True)
    def counted(self, monkeypatch, rows):
        monkeypatch.setattr(pagination, "COUNTED", 10)
        # What was long in another test.
        monkeypatch.setattr(statements, "_kept", {})

    def analyze(self):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    @pytest.mark.parametrize("path", BY_ID)
    def test_it_is_exact_up_to_the_limit(self, member_api, monkeypatch, path):
        monkeypatch.setattr(pagination, "COUNTED", 11)

        page = read(member_api, f"{path}?page_size=2")

        assert page["count"] == 11
        assert "count_is_estimate" not in page

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts them all.")
    @pytest.mark.parametrize("path", BY_ID)
    def test_beyond_it_is_an_estimate_and_says_so(self, member_api, path):
        self.analyze()

        for page in walk(member_api, f"{path}?page_size=2")[:-1]:
            assert page["count"] == 11
            assert page["count_is_estimate"] is True

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts them all.")
    def test_an_estimate_is_never_of_fewer_than_were_counted(self, api):
        self.analyze()
        TeamFactory.create_batch(30, tournament=Tournament.objects.first(), captain=None)

        page = read(api, "/api/teams/?page_size=2")

        assert 11 <= page["count"] <= 41

    @pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL estimates it.")
    def test_without_an_estimate_it_is_exact(self, api):
        page = read(api, "/api/teams/?page_size=2")

        assert page["count"] == 11
        assert "count_is_estimate" not in page

    @pytest.mark.parametrize("path", BY_ID)
    def test_it_is_exact_for_who_asks(self, member_api, path):
        for page in walk(member_api, f"{path}?page_size=2&count=exact"):
            assert page["count"] == 11
            assert "count_is_estimate" not in page

    def test_what_ends_is_counted_by_its_end(self, api):
        page = read(api, "/api/teams/?page_size=4&page=3")

        assert page["count"] == 11
        assert "count_is_estimate" not in page

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts them all.")
    @pytest.mark.parametrize(
        "query", ["tournament={}", "q=team", "tournament={}&q=team", "tournament={}&ordering=name"]
    )
    def test_filtered_rows_are_estimated_as_filtered(self, api, query):
        cup = TournamentFactory()
        TeamFactory.create_batch(40, tournament=cup, captain=None)
        self.analyze()

        page = read(api, f"/api/teams/?page_size=2&{query.format(cup.pk)}")

        assert page["count_is_estimate"] is True
        assert 11 <= page["count"] <= 51

    def test_few_filtered_rows_are_counted(self, api):
        cup = TournamentFactory()
        TeamFactory.create_batch(5, tournament=cup, captain=None)

        page = read(api, f"/api/teams/?page_size=2&tournament={cup.pk}")

        assert page["count"] == 5
        assert "count_is_estimate" not in page

    def test_few_are_counted_even_where_many_were_the_last_time(self, api):
        few, many = Tournament.objects.first(), TournamentFactory()
        TeamFactory.create_batch(40, tournament=many, captain=None)
        TeamFactory.create_batch(5, tournament=few, captain=None)
        # After all of them: PostgreSQL takes a table that has grown since for fuller than it is.
        self.analyze()

        for _ in range(2):
            page = read(api, f"/api/teams/?page_size=2&tournament={many.pk}")
            assert page["count"] == 40
            page = read(api, f"/api/teams/?page_size=2&tournament={few.pk}")
            assert page["count"] == 5
            assert "count_is_estimate" not in page

    def test_a_wish_that_is_not_known_is_an_error(self, api):
        response = api.get("/api/teams/?page_size=2&count=all")

        assert response.status_code == 400
        assert list(response.json()["details"]) == ["count"]


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ("page_size=11", 1),
        ("page_size=10", 2),
        ("page_size=10&ordering=name", 2),
        ("page_size=10&page=2", 1),
        ("page_size=5&page=2", 2),
        ("page_size=5&page=last", 2),
        ("page_size=5&page=404", 1),
        ("q=nothing", 1),
    ],
)
def test_a_page_that_ends_costs_one_query_and_another_two(api, rows, query, queries):
    with CaptureQueriesContext(connection) as asked:
        api.get(f"/api/teams/?{query}")

    assert len(asked) == queries
