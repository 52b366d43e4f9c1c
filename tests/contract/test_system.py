"""The site about itself: health, settings, documentation."""

import pytest

from tests.contract import expect


@pytest.mark.parametrize("path", ["/health/", "/api/health/", "/api/health/ready/"])
def test_a_site_that_works_says_so(api, path):
    answer = api.get(path)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["database"], body["cache"], body["migrations"]) == ("ok", "ok", "ok")
    # A site that has just been started has not seen its queue work.
    assert body["status"] == "ok"
    assert body["queue"] in {"ok", "unknown", "none"}
    assert body["version"]
    assert body["revision"]


@pytest.mark.parametrize("path", ["/health/live/", "/api/health/live/"])
def test_a_process_that_lives_says_so(api, path):
    answer = api.get(path)

    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "version", "revision"}
    assert answer.json()["status"] == "ok"


def test_anyone_reads_the_settings_and_staff_change_them(api, member_api, staff_api):
    before = api.get("/api/settings/").json()
    assert before.keys() == {"site_name", "timezone"}
    change = {"timezone": "Europe/Berlin"}

    expect.refused(api.patch("/api/settings/", json=change), 401, "not_authenticated")
    expect.refused(member_api.patch("/api/settings/", json=change), 403, "permission_denied")
    assert api.get("/api/settings/").json() == before

    changed = staff_api.patch("/api/settings/", json=change)
    try:
        assert changed.status_code == 200, changed.text
        assert api.get("/api/settings/").json() == before | change
        wrong = staff_api.patch("/api/settings/", json={"timezone": "Middle/Earth"})
        expect.invalid(wrong, "timezone")
    finally:
        # A site at --base-url goes on with its own.
        staff_api.patch("/api/settings/", json=before)


def test_the_front_door_leads_to_the_docs_page(api):
    answer = api.get("/")

    assert answer.status_code == 302
    assert answer.headers["location"] == "/api/docs/"


def test_the_docs_page_needs_nothing_from_elsewhere(api):
    answer = api.get("/api/docs/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "swagger-ui-bundle.js" in answer.text
    assert "/api/schema/" in answer.text
    assert "//cdn" not in answer.text
    assert "unpkg" not in answer.text


@pytest.mark.parametrize(
    ("params", "headers"),
    [({"format": "json"}, {}), ({}, {"Accept": "application/json"})],
    ids=["by format", "by Accept"],
)
def test_the_schema_comes_in_json(api, params, headers):
    answer = api.get("/api/schema/", params=params, headers=headers)

    assert answer.status_code == 200
    schema = answer.json()
    assert schema["openapi"].startswith("3.")
    assert schema["info"]["title"] == "Guildhall"
    assert {"/api/auth/login/", "/api/games/{id}/", "/api/steam/matches/"} <= schema["paths"].keys()


def test_the_schema_comes_in_yaml_otherwise(api):
    answer = api.get("/api/schema/")

    assert answer.status_code == 200
    assert "yaml" in answer.headers["content-type"] or "openapi" in answer.headers["content-type"]
    assert answer.text.startswith("openapi: 3.")
