"""What a proxy, a browser and a log want of each answer, beside its body."""

from pathlib import Path

import drf_spectacular_sidecar
import pytest

from tests.contract import expect
from tests.contract.sites import ALLOWED_ORIGIN

ASSETS = "drf_spectacular_sidecar/swagger-ui-dist"
# The folder that /static/ serves the same paths from.
STATIC = Path(drf_spectacular_sidecar.__file__).parent / "static"

ROUTES = [
    "/api/health/",
    "/api/settings/",
    "/api/users/",
    "/api/users/me/",
    "/api/tournaments/",
    "/api/teams/",
    "/api/games/",
    "/api/steam/matches/",
    "/api/steam/heroes/",
    "/api/steam/live/",
    "/api/steam/sync-runs/",
    "/api/steam/budget/",
]


def test_a_binary_asset_comes_byte_by_byte(api):
    answer = api.get(f"/static/{ASSETS}/favicon-32x32.png")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == (STATIC / ASSETS / "favicon-32x32.png").read_bytes()


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_text_asset_is_the_same_compressed_or_not(api, encoding):
    answer = api.get(f"/static/{ASSETS}/swagger-ui.css", headers={"Accept-Encoding": encoding})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.content == (STATIC / ASSETS / "swagger-ui.css").read_bytes()


@pytest.mark.parametrize("path", [*ROUTES, "/api/docs/"])
def test_head_answers_as_get_does_without_the_body(staff_api, path):
    answer = staff_api.head(path)

    assert answer.status_code == 200, path
    assert answer.content == b""
    assert answer.headers["content-type"] == staff_api.get(path).headers["content-type"]


@pytest.mark.parametrize("path", [*ROUTES, "/api/steam/sync/", "/api/auth/login/"])
def test_options_tells_the_methods(staff_api, path):
    answer = staff_api.options(path)

    assert answer.status_code == 200, answer.text
    assert "OPTIONS" in answer.headers["allow"]
    assert answer.json()["parses"] == ["application/json"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/health/", 200),
        ("GET", "/", 302),
        ("GET", "/api/tournaments", 301),
        ("GET", "/api/users/me/", 401),
        ("POST", "/api/auth/login/", 400),
        ("GET", "/api/auth/login/", 405),
        ("GET", "/api/nothing/", 404),
        ("GET", "/nothing/", 404),
        ("DELETE", "/api/auth/session/", 403),
        ("GET", f"/static/{ASSETS}/favicon-32x32.png", 200),
    ],
)
def test_every_answer_has_a_request_id_that_no_client_writes(api, method, path, status):
    answer = api.request(method, path, headers={"X-Request-ID": "written-by-a-client"})

    assert answer.status_code == status, answer.text
    request_id = answer.headers["x-request-id"]
    assert request_id
    assert request_id != "written-by-a-client"
    if "event" in answer.extensions:
        assert request_id == answer.extensions["event"]["requestContext"]["requestId"]


def test_a_page_of_the_frontend_may_call(own_site, api):
    preflight = api.options(
        "/api/tournaments/",
        headers={
            "Origin": ALLOWED_ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-csrftoken",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"]
    assert {"authorization", "content-type", "x-csrftoken"} <= set(allowed.split(", "))

    answer = api.get("/api/tournaments/", headers={"Origin": ALLOWED_ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
    shown = answer.headers["access-control-expose-headers"].split(", ")
    assert set(shown) == {"ETag", "Retry-After", "X-Request-ID"}
    refused = api.get("/api/users/me/", headers={"Origin": ALLOWED_ORIGIN})
    expect.refused(refused, 401, "not_authenticated")
    assert refused.headers["access-control-allow-origin"] == ALLOWED_ORIGIN


@pytest.mark.parametrize("origin", ["https://elsewhere.example", f"{ALLOWED_ORIGIN}.evil", "null"])
def test_a_page_of_anyone_elses_may_not(api, origin):
    preflight = api.options(
        "/api/tournaments/",
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
    )
    assert "access-control-allow-origin" not in preflight.headers

    answer = api.get("/api/tournaments/", headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


def test_a_caller_is_limited_by_the_address_that_the_gateway_saw(gateway, settings):
    # By the day, whose end a test is unlikely to run across.
    settings.THROTTLE_RATES = {"login": "2/day", "register": "2/day"}
    caller = gateway.caller_from("198.51.100.1")

    for number in range(2):
        claim = {"X-Forwarded-For": f"192.0.2.{number}", "X-Real-IP": f"192.0.2.{number}"}
        expect.invalid(
            caller.post("/api/auth/register/", json={}, headers=claim),
            "email",
            "password",
            "password_confirm",
        )
    for claim in ({}, {"X-Forwarded-For": "192.0.2.9"}, {"Forwarded": "for=192.0.2.9"}):
        limited = caller.post("/api/auth/register/", json={}, headers=claim)
        expect.refused(limited, 429, "throttled")
        assert 0 < int(limited.headers["retry-after"]) <= 86_400

    # Neither another route nor another caller has to do with it.
    assert caller.post("/api/auth/login/", json={}).status_code == 400
    other = gateway.caller_from("198.51.100.2")
    claim = {"X-Forwarded-For": "198.51.100.1"}
    assert other.post("/api/auth/register/", json={}, headers=claim).status_code == 400
