"""One search over everything, for each as far as they may see."""

import pytest

from tests.contract import expect
from tests.contract.sites import unique


def found(caller, q, **params):
    answer = caller.get("/api/search/", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return [(row["type"], row["title"]) for row in answer.json()["results"]]


@pytest.fixture
def word(member_api, outsider_api):
    """A word that an event, a draft, a tournament, a team and a member have."""
    word = unique("owls").replace("-", "")
    when = {"start_date": "2036-12-05T19:00:00Z", "end_date": "2036-12-05T23:00:00Z"}
    for title, status in ((f"{word} night", "published"), (f"{word} plans", "draft")):
        body = {"title": title, "status": status, **when}
        assert member_api.post("/api/events/", json=body).status_code == 201
    cup = {"name": f"{word} cup", "tournament_type": "swiss", "status": "registration"}
    tournament = member_api.post("/api/tournaments/", json=cup).json()["id"]
    team = {"name": f"{word} five", "tournament_id": tournament}
    assert member_api.post("/api/teams/", json=team).status_code == 201
    nickname = {"nickname": f"{word} herself"}
    assert outsider_api.patch("/api/users/me/", json=nickname).status_code == 200
    return word


def test_everyone_finds_what_they_may_see(api, member_api, outsider_api, staff_api, word):
    public = {("event", f"{word} night"), ("tournament", f"{word} cup"), ("team", f"{word} five")}
    to_members = public | {("member", f"{word} herself")}
    to_organiser = to_members | {("event", f"{word} plans")}

    assert set(found(api, word)) == public
    assert set(found(outsider_api, word)) == to_members
    assert set(found(member_api, word)) == to_organiser
    assert set(found(staff_api, word)) == to_organiser


def test_the_beginning_of_a_word_is_enough_and_a_type_narrows(api, word):
    assert found(api, word[:-2], type="team") == [("team", f"{word} five")]
    assert found(api, f"{word} nig") == [("event", f"{word} night")]


def test_what_is_renamed_is_found_at_once(member_api, outsider_api, word):
    new = unique("larks").replace("-", "")
    outsider_api.patch("/api/users/me/", json={"nickname": new})

    assert found(member_api, new) == [("member", new)]
    assert ("member", f"{word} herself") not in found(member_api, word)


@pytest.mark.parametrize(
    ("params", "field"),
    [({}, "q"), ({"q": " "}, "q"), ({"q": "x" * 101}, "q"), ({"q": "a", "type": "cat"}, "type")],
)
def test_a_search_for_nothing_is_refused(api, params, field):
    expect.invalid(api.get("/api/search/", params=params), field)
