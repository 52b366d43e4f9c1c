"""Tournaments, as their organiser, a captain, another member, staff and nobody meet them."""

import xml.etree.ElementTree as ET

import pytest

from tests.contract import expect
from tests.contract.sites import unique

CALLERS = ["nobody", "other", "owner", "staff"]


@pytest.fixture
def callers(api, outsider_api, member_api, staff_api):
    return dict(zip(CALLERS, [api, outsider_api, member_api, staff_api], strict=True))


@pytest.fixture
def tournament(member_api):
    """Makes tournaments of the member's, with so many teams."""

    def create(teams=0, **fields):
        body = {
            "name": unique("Cup"),
            "tournament_type": "single_elimination",
            "status": "registration",
            **fields,
        }
        made = created(member_api.post("/api/tournaments/", json=body))
        for seed in range(1, teams + 1):
            team = {"tournament_id": made["id"], "name": f"Team {seed}", "seed": seed}
            created(member_api.post("/api/teams/", json=team))
        return made

    return create


@pytest.fixture
def running(member_api, tournament):
    """Makes tournaments that have been started."""

    def create(teams=4, **fields):
        made = tournament(teams, **fields)
        done(member_api.post(path(made, "start/"), json={}))
        return made

    return create


def created(answer):
    assert answer.status_code == 201, answer.text
    return answer.json()


def done(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def path(tournament, rest=""):
    return f"/api/tournaments/{tournament['id']}/{rest}"


def series_of(api, tournament, **query):
    query = {"tournament": tournament["id"], "page_size": 100, **query}
    return done(api.get("/api/series/", params=query))["results"]


def statuses(callers, method, url, **kwargs):
    return [callers[name].request(method, url, **kwargs).status_code for name in CALLERS]


def decide(api, series, a=1, b=0):
    url = f"/api/series/{series['id']}/report/"
    return done(api.post(url, json={"score_a": a, "score_b": b}))


def test_a_tournament_from_its_draft_to_its_champion(api, member_api, outsider_api, tournament):
    cup = tournament(status="draft", third_place=True)
    expect.refused(api.get(path(cup)), 404, "not_found")
    expect.refused(api.get(path(cup, "bracket/")), 404, "not_found")
    done(member_api.patch(path(cup), json={"status": "registration"}))
    assert done(api.get(path(cup, "bracket/")))["sections"] == []
    for name in ("Owls", "Larks", "Foxes"):
        created(member_api.post("/api/teams/", json={"tournament_id": cup["id"], "name": name}))
    own = created(
        outsider_api.post("/api/teams/", json={"tournament_id": cup["id"], "name": "Own"})
    )
    assert own["captain_id"] == outsider_api.user["id"]

    started = done(member_api.post(path(cup, "start/"), json={}))
    assert started["tournament"]["status"] == "running"
    assert "Owls" in started["warnings"][0]
    while ready := series_of(api, cup, status="ready"):
        for series in ready:
            decide(member_api, series)
    finished = done(member_api.post(path(cup, "finish/"), json={}))
    assert finished["status"] == "finished"

    bracket = done(api.get(path(cup, "bracket/")))
    places = done(api.get(path(cup, "standings/")))["places"]
    assert [(place["rank"], place["rank_to"]) for place in places] == [(n, n) for n in range(1, 5)]
    assert bracket["champion_id"] == places[0]["team_id"]
    assert [section["section"] for section in bracket["sections"]] == ["upper", "third_place"]


def test_captains_report_and_agree_or_do_not(api, member_api, outsider_api, staff_api, tournament):
    cup = tournament()
    for each in (outsider_api, staff_api):
        created(each.post("/api/teams/", json={"tournament_id": cup["id"], "name": unique("Team")}))
    done(member_api.post(path(cup, "start/"), json={}))
    [series] = series_of(api, cup)
    url = f"/api/series/{series['id']}"

    expect.refused(api.post(f"{url}/report/", json={}), 401, "not_authenticated")
    expect.invalid(outsider_api.post(f"{url}/report/", json={"score_a": 1}), "score_b")
    reported = done(outsider_api.post(f"{url}/report/", json={"score_a": 1, "score_b": 0}))
    assert (reported["status"], reported["winner_id"]) == ("reported", None)
    expect.refused(outsider_api.post(f"{url}/confirm/", json={}), 409, "own_report")
    assert done(staff_api.post(f"{url}/dispute/", json={"reason": "No."}))["status"] == "disputed"
    expect.refused(outsider_api.post(f"{url}/dispute/", json={}), 409, "not_reported")
    decided = decide(member_api, series, 0, 1)
    assert (decided["status"], decided["winner_id"]) == ("finished", decided["team_b"]["id"])
    expect.refused(staff_api.post(f"{url}/confirm/", json={}), 409, "series_finished")

    changes = done(member_api.get(path(cup, "changes/")))["results"]
    assert [each["action"] for each in changes] == ["report", "dispute", "report", "start"]
    assert changes[1]["reason"] == "No."


def test_a_result_is_put_right_with_all_that_follows(api, member_api, running):
    cup = running()
    first, second = series_of(api, cup, status="ready")
    for series in (first, second):
        decide(member_api, series)
    [final] = series_of(api, cup, status="ready")
    decide(member_api, final)
    url, wanted = f"/api/series/{first['id']}/correct/", {"score_a": 0, "score_b": 1}
    before = done(api.get(path(cup, "bracket/")))

    would = done(member_api.post(f"{url}?dry_run=true", json={**wanted, "reason": "Mixed up."}))
    assert [each["name"] for each in would["lost"]] == [final["name"]]
    assert done(api.get(path(cup, "bracket/"))) == before
    expect.invalid(member_api.post(url, json=wanted), "reason")
    wanted |= {"reason": "Mixed up."}
    expect.refused(member_api.post(url, json=wanted), 409, "results_followed")
    stale = {**wanted, "force": True, "version": would["version"] - 1}
    expect.refused(member_api.post(url, json=stale), 409, "bracket_changed")
    found = done(member_api.post(url, json={**wanted, "force": True, "version": would["version"]}))

    assert found["series"] == would["series"]
    [final] = series_of(api, cup, status="ready")
    assert final["team_a"]["id"] == first["team_b"]["id"]


def test_who_may_do_what_with_a_bracket(api, callers, member_api, running):
    cup = running(teams=8)
    series = series_of(api, cup, status="ready")
    url, owners = f"/api/series/{series[0]['id']}", [401, 403, 200, 409]
    score = {"score_a": 1, "score_b": 0}

    assert statuses(callers, "PATCH", f"{url}/", json={"scheduled_at": None}) == [
        401,
        403,
        200,
        200,
    ]
    assert statuses(callers, "POST", f"{url}/confirm/", json={}) == [401, 403, 409, 409]
    assert statuses(callers, "POST", f"{url}/dispute/", json={}) == [401, 403, 409, 409]
    assert statuses(callers, "POST", f"{url}/report/", json=score) == owners
    wrong = {"score_a": 0, "score_b": 1, "reason": "Mixed up."}
    assert statuses(callers, "POST", f"{url}/correct/", json=wrong) == [401, 403, 200, 200]
    assert statuses(callers, "GET", path(cup, "changes/")) == [401, 403, 200, 200]
    assert statuses(callers, "POST", path(cup, "start/"), json={}) == [401, 403, 409, 409]
    assert statuses(callers, "POST", path(cup, "finish/"), json={}) == [401, 403, 409, 409]
    seeding = {"seeding": "random"}
    assert statuses(callers, "POST", path(cup, "seeding/"), json=seeding) == [401, 403, 409, 409]
    team = f"/api/teams/{series[1]['team_a']['id']}"
    assert statuses(callers, "GET", f"{team}/members/") == [401, 200, 200, 200]
    added = {"member_id": callers["other"].user["id"]}
    assert statuses(callers, "POST", f"{team}/members/", json=added) == [401, 403, 201, 409]
    member = f"{team}/members/{added['member_id']}/"
    assert statuses(callers, "DELETE", member) == [401, 204, 409, 409]
    assert statuses(callers, "POST", f"{team}/check-in/", json={}) == [401, 403, 409, 409]
    assert statuses(callers, "POST", f"{team}/disqualify/", json={}) == owners
    assert statuses(callers, "POST", f"{team}/reinstate/", json={}) == owners
    reserve = {"tournament_id": cup["id"], "name": "In reserve"}
    body = {"team_id": created(member_api.post("/api/teams/", json=reserve))["id"]}
    assert statuses(callers, "POST", f"{team}/substitute/", json=body) == owners
    assert statuses(callers, "GET", path(cup, "settlements/")) == [401, 403, 200, 200]
    for action in ("accept", "dismiss"):
        url = f"/api/settlements/0/{action}/"
        assert statuses(callers, "POST", url, json={}) == [401, 404, 404, 404]


@pytest.mark.parametrize(
    ("fields", "sections"),
    [
        ({"tournament_type": "double_elimination"}, ["upper", "lower", "grand_final"]),
        (
            {"tournament_type": "round_robin", "groups": 2, "playoff": "single_elimination"}
            | {"qualifiers": 1},
            ["group", "group", "upper"],
        ),
        ({"tournament_type": "swiss", "swiss_rounds": 2}, ["swiss"]),
    ],
)
def test_a_bracket_is_answered_drawn_and_exported(api, running, fields, sections):
    cup = running(teams=5, **fields)

    bracket = done(api.get(path(cup, "bracket/")))
    assert [section["section"] for section in bracket["sections"]] == sections
    assert len(bracket["teams"]) == 5
    exported = done(api.get(path(cup, "bracket/"), params={"format": "brackets-manager"}))
    assert exported.keys() == {"participant", "stage", "group", "round", "match", "match_game"}
    for theme in ("light", "dark", "auto"):
        drawn = api.get(path(cup, "bracket.svg"), params={"theme": theme})
        assert drawn.status_code == 200, drawn.text
        assert drawn.headers["Content-Type"].startswith("image/svg+xml")
        assert "default-src 'none'" in drawn.headers["Content-Security-Policy"]
        assert ET.fromstring(drawn.text).tag == "{http://www.w3.org/2000/svg}svg"
    expect.invalid(api.get(path(cup, "bracket.svg"), params={"theme": "pink"}), "theme")


def test_games_make_the_score_of_their_series(api, member_api, running):
    cup = running(teams=2, best_of=3)
    [series] = series_of(api, cup)
    a, b = series["team_a"]["id"], series["team_b"]["id"]
    game = {"tournament_id": cup["id"], "series_id": series["id"], "radiant_id": a, "dire_id": b}

    first = created(member_api.post("/api/games/", json={**game, "winner_id": a}))
    assert [each["score_a"] for each in series_of(api, cup)] == [1]
    created(member_api.post("/api/games/", json={**game, "winner_id": a}))
    [ended] = series_of(api, cup)
    assert (ended["status"], ended["winner_id"], ended["decided_by"]) == ("finished", a, "games")
    expect.invalid(member_api.post("/api/games/", json={**game, "winner_id": b}), "series_id")
    assert member_api.delete(f"/api/games/{first['id']}/").status_code == 204
    assert [each["status"] for each in series_of(api, cup)] == ["ready"]
