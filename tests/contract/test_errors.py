"""Every refusal in the one error format, wherever in the stack it comes from."""

import pytest

from tests.contract import expect

TOURNAMENT = {"name": "Nobody's", "tournament_type": "swiss", "status": "registration"}


@pytest.mark.parametrize("path", ["/api/nothing/", "/api/nothing", "/nothing/", "/api/%C3%84/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_route_is_not_found(api, method, path):
    expect.refused(api.request(method, path), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["tournaments", "teams", "games", "users", "steam/matches", "steam/players"]
)
def test_an_unknown_row_is_not_found(member_api, path):
    expect.refused(member_api.get(f"/api/{path}/9223372036854775807/"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/tournaments/", {"GET", "POST", "HEAD", "OPTIONS"}),
        ("GET", "/api/auth/login/", {"POST", "OPTIONS"}),
        ("DELETE", "/api/settings/", {"GET", "PATCH", "HEAD", "OPTIONS"}),
        ("POST", "/api/steam/matches/", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/api/steam/sync-runs/", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/api/steam/sync/", {"POST", "OPTIONS"}),
        ("POST", "/api/users/me/", {"GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(staff_api, method, path, allowed):
    answer = staff_api.request(method, path, json={})

    expect.refused(answer, 405, "method_not_allowed")
    assert {name.strip() for name in answer.headers["allow"].split(",")} == allowed


@pytest.mark.parametrize(
    "body", ["{", '{"name": }', "{'name': 1}", '{"duration": NaN}', '"\\ud800"', ""]
)
def test_malformed_json_is_a_parse_error(member_api, body):
    answer = member_api.post(
        "/api/tournaments/", content=body, headers={"Content-Type": "application/json"}
    )

    if body:
        expect.invalid(answer, "non_field_errors", code="parse_error")
    else:
        expect.invalid(answer, "name", "tournament_type")


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_json_that_is_no_object_is_invalid(member_api, body):
    answer = member_api.post(
        "/api/tournaments/", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_json_is_of_an_unsupported_type(member_api, content_type):
    answer = member_api.post(
        "/api/tournaments/", content="name=Cup", headers={"Content-Type": content_type}
    )

    expect.refused(answer, 415, "unsupported_media_type")


def test_a_body_beyond_the_limit_is_too_large(member_api):
    answer = member_api.post("/api/tournaments/", json=TOURNAMENT | {"description": "d" * 2**20})

    expect.refused(answer, 413, "request_too_large")


def test_a_missing_slash_sends_a_reader_on_and_tells_a_writer(api, member_api):
    read = api.get("/api/tournaments?q=%C3%84&page_size=1")
    assert read.status_code == 301
    assert read.headers["location"] == "/api/tournaments/?q=%C3%84&page_size=1"

    written = member_api.post("/api/tournaments", json=TOURNAMENT)
    assert "/api/tournaments/" in expect.refused(written, 404, "not_found")


def test_writing_needs_a_sign_in_and_the_right_to(api, member_api, outsider_api):
    refused = api.post("/api/tournaments/", json=TOURNAMENT)
    expect.refused(refused, 401, "not_authenticated")

    tournament = member_api.post("/api/tournaments/", json=TOURNAMENT).json()
    path = f"/api/tournaments/{tournament['id']}/"
    theirs = outsider_api.patch(path, json={"name": "Mine now"})
    expect.refused(theirs, 403, "permission_denied")
    seeding = outsider_api.post(f"{path}seeding/", json={"seeding": "random"})
    expect.refused(seeding, 403, "permission_denied")
    assert api.get(path).json() == tournament


def test_a_rule_of_the_domain_is_a_conflict(member_api):
    def create(path, **fields):
        answer = member_api.post(f"/api/{path}/", json=fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    cup = create("tournaments", **TOURNAMENT)
    radiant, dire = (create("teams", tournament_id=cup, name=name) for name in ("R", "D"))
    game = {"tournament_id": cup, "radiant_id": radiant, "dire_id": dire}
    create("games", **game)

    expect.refused(member_api.delete(f"/api/teams/{radiant}/"), 409, "team_has_played")
    against_itself = member_api.post("/api/games/", json=game | {"dire_id": radiant})
    expect.invalid(against_itself, "dire_id")
    twice = member_api.post("/api/teams/", json={"tournament_id": cup, "name": "R"})
    expect.invalid(twice, "name")


@pytest.mark.parametrize("host", ["elsewhere.example", "localhost:port", "local_host"])
def test_a_host_that_is_not_ours_is_a_bad_request(own_site, api, host):
    answer = api.get("/api/tournaments/", headers={"Host": host})

    expect.invalid(answer, "non_field_errors", code="bad_request")
    assert answer.headers["x-request-id"]
