"""The short way past what is for browsers answers as the long one does."""

import pytest
from django.http import Http404, HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import path
from rest_framework.test import APIClient

from app.accounts.services import issue_tokens
from config.urls import handler400, handler403, handler404, handler500
from tests.factories import PASSWORD, GameFactory, MatchPlayerFactory, SteamMemberFactory

__all__ = ["handler400", "handler403", "handler404", "handler500"]

pytestmark = pytest.mark.django_db

COOKIE = {"Cookie": "theme=dark"}
FRONTEND = "https://guild.example"


class Caller(APIClient):
    """Sends no Cookie header unless it has a cookie; Django's own client sends an empty one."""

    def _base_environ(self, **request):
        environ = super()._base_environ(**request)
        if not environ["HTTP_COOKIE"]:
            del environ["HTTP_COOKIE"]
        return environ


@pytest.fixture
def caller():
    return Caller(enforce_csrf_checks=True)


@pytest.fixture
def member():
    return SteamMemberFactory()


@pytest.fixture
def browser(member):
    """A browser that the member has signed in."""
    browser = Caller(enforce_csrf_checks=True)
    csrf = browser.get("/api/auth/csrf/").json()["csrf_token"]
    body = {"username": member.username, "password": PASSWORD}
    signed_in = browser.post("/api/auth/session/", body, headers={"X-CSRFToken": csrf})
    assert signed_in.status_code == 200
    return browser


def way(request, **kwargs):
    return JsonResponse({"short": not hasattr(request, "session"), **kwargs})


def fails(request):
    raise RuntimeError("the-secret-cause")


def lacks(request):
    raise Http404


async def waits(request):
    return HttpResponse("waited")


urlpatterns = [
    path("api/way/<int:number>/", way),
    path("api/fails/", fails),
    path("api/lacks/", lacks),
    path("api/waits/", waits),
    path("api/auth/way/", way),
    path("api/docs/way/", way),
    path("apiary/way/", way),
]


class TestWays:
    @pytest.fixture(autouse=True)
    def views(self):
        with override_settings(ROOT_URLCONF=__name__):
            yield

    @pytest.mark.parametrize(
        ("path", "headers", "short"),
        [
            ("/api/way/1/", {}, True),
            ("/api/way/1/", COOKIE, False),
            ("/api/way/1/", {"Cookie": "sessionid="}, False),
            ("/api/auth/way/", {}, False),
            ("/api/docs/way/", {}, False),
            ("/apiary/way/", {}, False),
        ],
    )
    def test_an_api_call_without_a_cookie_takes_the_short_way(self, caller, path, headers, short):
        assert caller.get(path, headers=headers).json()["short"] is short

    def test_each_call_finds_its_own_arguments(self, caller):
        for number in (1, 2, 1):
            assert caller.get(f"/api/way/{number}/").json()["number"] == number

    @pytest.mark.parametrize(
        ("path", "status"), [("/api/fails/", 500), ("/api/lacks/", 404), ("/api/no-route/", 404)]
    )
    def test_what_goes_wrong_is_in_the_format(self, caller, path, status):
        caller.raise_request_exception = False

        response = caller.get(path)

        assert response.status_code == status
        assert response.json().keys() == {"detail", "code"}
        assert b"the-secret-cause" not in response.content

    def test_a_view_may_wait(self, caller):
        assert caller.get("/api/waits/").content == b"waited"


@pytest.fixture
def paths(member):
    game = GameFactory(tournament__organiser=member)
    match = MatchPlayerFactory(member=member).match
    return [
        "/api/health/",
        "/api/settings/",
        "/api/schema/",
        "/api/users/",
        "/api/users/me/",
        f"/api/users/{member.pk}/",
        "/api/tournaments/",
        f"/api/tournaments/{game.tournament_id}/",
        "/api/tournaments/404/",
        "/api/tournaments/?page=0",
        "/api/tournaments/?organiser=me",
        "/api/teams/?page_size=1",
        f"/api/games/{game.pk}/",
        "/api/steam/matches/",
        f"/api/steam/matches/{match.pk}/",
        "/api/games",
        "/api/nothing/",
        "/api/",
        "/api",
    ]


# What both ways tell; the long one adds what is for browsers.
HEADERS = [
    "Allow",
    "Content-Length",
    "Content-Type",
    "Cross-Origin-Opener-Policy",
    "ETag",
    "Location",
    "Referrer-Policy",
    "WWW-Authenticate",
    "X-Content-Type-Options",
]


def told(response):
    headers = [response.get(name) for name in HEADERS]
    return response.status_code, response.content, headers


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_call_is_answered_alike_with_a_cookie_and_without(caller, member, paths, signed_in):
    if signed_in:
        token = issue_tokens(user=member).access
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    for each in paths:
        for method in (caller.get, caller.head, caller.options, caller.put):
            short, long = method(each), method(each, headers=COOKIE)
            assert told(short) == told(long), each
            assert short["X-Request-ID"] != long["X-Request-ID"]


def test_a_write_by_token_needs_no_csrf_token(caller, member):
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=member).access}")
    body = {"name": "Cup", "tournament_type": "swiss"}

    written = [caller.post("/api/tournaments/", body, headers=h) for h in ({}, COOKIE)]

    assert [response.status_code for response in written] == [201, 201]
    assert written[0].json()["organiser"]["id"] == member.pk


def test_a_browser_reads_by_its_session_and_writes_with_the_csrf_token(browser, member):
    body = {"nickname": "Countess"}
    assert browser.get("/api/users/me/").json()["id"] == member.pk

    refused = browser.patch("/api/users/me/", body)
    token = browser.cookies["csrftoken"].value
    written = browser.patch("/api/users/me/", body, headers={"X-CSRFToken": token})

    assert refused.status_code == 403
    assert written.json()["nickname"] == "Countess"


@pytest.mark.parametrize("without", ["csrftoken", "sessionid"])
def test_a_browser_that_lost_a_cookie_writes_nothing(browser, member, without):
    token = browser.cookies["csrftoken"].value
    del browser.cookies[without]

    refused = browser.patch(
        "/api/users/me/", {"nickname": "Countess"}, headers={"X-CSRFToken": token}
    )

    assert refused.status_code == (403 if without == "csrftoken" else 401)
    member.refresh_from_db()
    assert member.nickname == ""


def test_a_browser_that_sends_no_cookie_is_nobody(browser):
    browser.cookies.clear()

    assert browser.get("/api/users/me/").status_code == 401


def test_the_csrf_cookie_is_set_for_who_has_none(caller):
    response = caller.get("/api/auth/csrf/")

    assert response.cookies["csrftoken"].value
    assert response.json()["csrf_token"]


@pytest.mark.parametrize("headers", [{}, COOKIE])
def test_what_may_be_somebodys_own_is_kept_by_nobody_on_the_way(member_api, headers):
    for each in ("/api/users/me/", "/api/users/", "/api/auth/csrf/", "/api/no-such/"):
        assert member_api.get(each, headers=headers)["Cache-Control"] == "no-store"


def test_no_cookie_is_set_on_the_short_way(caller, paths):
    for each in paths:
        assert not caller.get(each).cookies


def test_the_docs_page_is_in_nobodys_frame(caller):
    response = caller.get("/api/docs/")

    assert response.status_code == 200
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("headers", [{}, COOKIE])
class TestEitherWay:
    @pytest.mark.parametrize("host", ["evil.example", "a:b:c", "testserver.evil.example", ""])
    def test_a_host_that_is_not_ours_is_a_400(self, caller, headers, host):
        response = caller.get("/api/teams/", headers=headers | {"Host": host})

        assert response.status_code == 400
        assert response.json()["code"] == "bad_request"

    def test_the_frontend_may_read_and_no_other_page(self, caller, headers, settings):
        settings.CORS_ALLOWED_ORIGINS = [FRONTEND]

        def allowed(origin):
            response = caller.get("/api/teams/", headers=headers | {"Origin": origin})
            assert "origin" in response["Vary"]
            return response.get("Access-Control-Allow-Origin")

        assert allowed(FRONTEND) == FRONTEND
        assert allowed("https://evil.example") is None

    def test_the_frontend_may_ask_what_it_may(self, caller, headers, settings):
        settings.CORS_ALLOWED_ORIGINS = [FRONTEND]
        asks = {"Origin": FRONTEND, "Access-Control-Request-Method": "PATCH"}

        response = caller.options("/api/teams/1/", headers=headers | asks)

        assert response.status_code == 200
        assert "PATCH" in response["Access-Control-Allow-Methods"]

    def test_http_is_sent_on_to_https(self, caller, headers, settings):
        settings.SECURE_SSL_REDIRECT = True

        response = caller.get("/api/teams/?page=2", headers=headers)
        secure = caller.get("/api/teams/", headers=headers, secure=True)

        assert response.status_code == 301
        assert response["Location"] == "https://testserver/api/teams/?page=2"
        assert secure.status_code == 200
        assert secure["Strict-Transport-Security"]
        assert caller.get("/api/health/", headers=headers).status_code == 200
