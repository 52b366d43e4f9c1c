import pytest

from tests.factories import GameFactory, TeamFactory, TournamentFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "make", "ordering"),
    [
        ("/api/tournaments/", lambda: TournamentFactory(name="Weekly Cup"), "name"),
        ("/api/tournaments/", lambda: TournamentFactory(name="Weekly Cup"), "-name"),
        ("/api/teams/", lambda: TeamFactory(name="Night Owls"), "name"),
        ("/api/teams/", TeamFactory, "seed"),
        ("/api/games/", GameFactory, "-played_at"),
        ("/api/games/", GameFactory, "duration"),
        ("/api/games/", GameFactory, ""),
        ("/api/games/", GameFactory, ","),
    ],
)
def test_the_pages_of_rows_that_are_equal_hold_each_row_once(api, path, make, ordering):
    made = [make() for _ in range(40)]
    # Rewritten, so that the order on disk is not that of the ids.
    for row in made[::3]:
        row.save()

    first = api.get(path, {"ordering": ordering, "page_size": 7}).json()
    found, page = first["results"], first
    while page["next"]:
        page = api.get(page["next"]).json()
        found += page["results"]

    ids = [row["id"] for row in found]
    assert len(ids) == first["count"]
    assert sorted(ids) == sorted(set(ids))
    # Among equals the id decides.
    assert ids in (sorted(ids), sorted(ids, reverse=True))


@pytest.mark.parametrize(
    ("query", "status", "rows"),
    [
        ("", 200, 20),
        ("page_size=7&page=4", 200, 4),
        ("page_size=0", 200, 20),
        ("page_size=-1", 200, 20),
        ("page_size=many", 200, 20),
        ("page_size=1000", 200, 25),
        ("page=last", 200, 5),
        ("page=3", 404, None),
        ("page=0", 404, None),
        ("page=one", 404, None),
    ],
)
def test_a_page_has_20_rows_or_as_many_as_are_asked_for(api, query, status, rows):
    TournamentFactory.create_batch(25)

    response = api.get(f"/api/tournaments/?{query}")

    assert response.status_code == status
    if rows is not None:
        assert response.json().keys() == {"count", "next", "previous", "results"}
        assert response.json()["count"] == 25
        assert len(response.json()["results"]) == rows


def test_a_page_is_never_of_more_than_100_rows(api):
    TournamentFactory.create_batch(101)

    assert len(api.get("/api/tournaments/?page_size=1000").json()["results"]) == 100
