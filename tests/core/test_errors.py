"""One format for whatever goes wrong, wherever it does."""

import json
import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import IntegrityError
from django.http import Http404
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from app.core.errors import Conflict
from app.tournaments.errors import TeamHasPlayed
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

RAISED = {
    "unexpected": RuntimeError("the-secret-cause"),
    "not-found": Http404("the-secret-cause"),
    "denied": PermissionDenied("the-secret-cause"),
    "conflict": TeamHasPlayed(),
    "race": IntegrityError("the-secret-cause"),
    "throttled": exceptions.Throttled(wait=7),
    "field": exceptions.ValidationError({"name": ["Too short."]}),
    "list": exceptions.ValidationError(["Too odd."]),
    "django-field": ValidationError({"name": "Too short."}),
    "django": ValidationError("Too odd."),
    "parse": exceptions.ParseError("Not JSON."),
    "suspicious": SuspiciousOperation("the-secret-cause"),
}


class RaisingView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, name):
        raise RAISED[name]


def raise_outside_the_api(request, name):
    raise RAISED[name]


urlpatterns = [
    path("api/<name>/", RaisingView.as_view()),
    path("plain/<name>/", raise_outside_the_api),
]


@pytest.fixture
def get(client):
    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=__name__):
        yield client.get


def validation(details, code="invalid"):
    return {"error": "Validation Error", "code": code, "details": details}


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("field", 400, validation({"name": ["Too short."]})),
        ("list", 400, validation({"non_field_errors": ["Too odd."]})),
        ("django-field", 400, validation({"name": ["Too short."]})),
        ("django", 400, validation({"non_field_errors": ["Too odd."]})),
        ("parse", 400, validation({"non_field_errors": ["Not JSON."]}, "parse_error")),
        ("denied", 403, {"code": "permission_denied"}),
        ("not-found", 404, {"code": "not_found"}),
        ("conflict", 409, {"code": "team_has_played", "detail": TeamHasPlayed.default_detail}),
        ("race", 409, {"code": Conflict.default_code}),
        ("throttled", 429, {"code": "throttled"}),
        ("unexpected", 500, {"code": "error"}),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_an_exception_of_a_view_becomes_an_error_in_the_format(get, name, status, body, debug):
    with override_settings(DEBUG=debug):
        response = get(f"/api/{name}/")

    assert response.status_code == status
    assert response.json() | body == response.json()
    expected = {"error", "code", "details"} if status == 400 else {"detail", "code"}
    assert set(response.json()) == expected
    assert b"the-secret-cause" not in response.content


@pytest.mark.parametrize(
    ("name", "status"),
    [("suspicious", 400), ("denied", 403), ("not-found", 404), ("unexpected", 500)],
)
def test_what_django_refuses_itself_is_in_the_format_too(get, name, status):
    response = get(f"/plain/{name}/")

    assert response.status_code == status
    expected = {"error", "code", "details"} if status == 400 else {"detail", "code"}
    assert set(response.json()) == expected
    assert b"the-secret-cause" not in response.content


def test_a_limit_says_when_to_come_back(get):
    assert get("/api/throttled/")["Retry-After"] == "7"


def test_the_cause_of_a_500_is_in_the_log_once(get, caplog):
    get("/api/unexpected/")

    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "the-secret-cause" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_route_is_json_with_and_without_debug(client, debug):
    with override_settings(DEBUG=debug):
        response = client.get("/api/no/such/route/")

    assert response.status_code == 404
    assert json.loads(response.content)["code"] == "not_found"


def test_a_missing_slash_is_redirected_for_a_get_and_named_for_a_post(client):
    found = client.get("/api/games?page=2")
    told = client.post("/api/games")

    assert (found.status_code, found["Location"]) == (301, "/api/games/?page=2")
    assert told.status_code == 404
    assert "/api/games/" in told.json()["detail"]
