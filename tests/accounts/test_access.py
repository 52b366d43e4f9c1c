"""Who may do what: one row for every operation of the schema, one column for every kind of caller.

The owner is the member that is asked for, or the organiser of the event or tournament; the other is
a member who has nothing to do with it. docs/access.md says the same to people.
"""

import re
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from app.accounts.models import User
from app.accounts.services import issue_tokens
from app.accounts.tokens import AccessToken, EmailToken, password_reset_token
from app.core.steam_id import to_account_id
from app.events.services import make_feed
from tests.factories import (
    PASSWORD,
    EventFactory,
    MatchFactory,
    MemberSyncFactory,
    RegistrationFactory,
    SyncRunFactory,
    UploadFactory,
    UserFactory,
)
from tests.tournaments.rows import tournament_rows

pytestmark = pytest.mark.django_db

CALLERS = ["nobody", "other", "owner", "staff"]
EVERYONE = [200] * 4
MEMBERS = [401, 200, 200, 200]
OWNERS = [401, 403, 200, 200]
OWNERS_DELETE = [401, 403, 204, 204]
STAFF = [401, 403, 403, 200]

REGISTER = {
    "email": "newcomer@guildhall.example",
    "password": "six-wards-one-smoke",
    "password_confirm": "six-wards-one-smoke",
}
SIGN_IN = {"username": "{username}", "password": PASSWORD}
REFRESH = {"refresh": "{refresh}"}
CHANGE_PASSWORD = {"current_password": PASSWORD, "new_password": "nine-roshans-no-cheese"}
RESET_PASSWORD = {
    "token": "{reset}",
    "password": "nine-roshans-no-cheese",
    "password_confirm": "nine-roshans-no-cheese",
}
CHANGE_EMAIL = {"email": "new@guildhall.example", "password": PASSWORD}
USER = {"username": "renamed"}
TOURNAMENT = {"name": "Cup", "tournament_type": "swiss"}
TEAM = {"name": "Newcomers", "tournament_id": "{tournament}"}
MEMBER_OF_TEAM = {"member_id": "{walk_in}"}
REPORT = {"score_a": "1", "score_b": "0"}
CORRECT = {"score_a": "0", "score_b": "1", "reason": "The wrong way round."}
SERIES = {"scheduled_at": "2036-12-05T19:00:00Z"}
GAME = {"tournament_id": "{tournament}", "radiant_id": "{radiant}", "dire_id": "{dire}"}

EVENT = {
    "title": "Friday in-house",
    "start_date": "2036-12-05T19:00:00Z",
    "end_date": "2036-12-05T23:00:00Z",
}
WALK_IN = {"member_id": "{walk_in}"}
UPLOAD = {"purpose": "avatar", "content_type": "image/png", "size": "1000"}
CHECK_IN = {"registration_id": "{registration}"}

TABLE = [
    ("GET", "/api/health/", None, EVERYONE),
    ("GET", "/api/health/live/", None, EVERYONE),
    ("GET", "/api/health/ready/", None, EVERYONE),
    ("GET", "/api/settings/", None, EVERYONE),
    ("PATCH", "/api/settings/", {"site_name": "Hall"}, [401, 403, 403, 200]),
    ("POST", "/api/auth/register/", REGISTER, [201] * 4),
    ("POST", "/api/auth/login/", SIGN_IN, EVERYONE),
    ("POST", "/api/auth/refresh/", REFRESH, EVERYONE),
    ("POST", "/api/auth/logout/", REFRESH, [204] * 4),
    ("GET", "/api/auth/csrf/", None, EVERYONE),
    # The test client has the CSRF token; test_sign_in has those who have not.
    ("POST", "/api/auth/session/", SIGN_IN, EVERYONE),
    ("DELETE", "/api/auth/session/", None, [204] * 4),
    ("POST", "/api/auth/token/", None, MEMBERS),
    ("POST", "/api/auth/logout/everywhere/", None, [401, 204, 204, 204]),
    ("POST", "/api/auth/password/change/", CHANGE_PASSWORD, [401, 204, 204, 204]),
    ("POST", "/api/auth/password/reset/", {"email": "ada@guild.example"}, [202] * 4),
    ("POST", "/api/auth/password/reset/confirm/", RESET_PASSWORD, [204] * 4),
    ("POST", "/api/auth/email/verify/", {"token": "{verify}"}, EVERYONE),
    # Theirs are proven, which is another matter.
    ("POST", "/api/auth/email/resend/", None, [401, 409, 409, 409]),
    ("POST", "/api/auth/email/change/", CHANGE_EMAIL, [401, 202, 202, 202]),
    ("GET", "/api/auth/social/login/discord/", None, [302] * 4),
    ("POST", "/api/auth/social/login/discord/", None, EVERYONE),
    ("GET", "/api/auth/social/complete/discord/", None, [403] * 4),
    ("GET", "/api/auth/social/login/steam/", None, [401, 302, 302, 302]),
    ("POST", "/api/auth/social/login/steam/", None, MEMBERS),
    ("GET", "/api/auth/social/complete/steam/", None, [403] * 4),
    ("GET", "/api/users/", None, MEMBERS),
    ("POST", "/api/users/", REGISTER, [201] * 4),
    ("GET", "/api/users/{owner}/", None, MEMBERS),
    ("PUT", "/api/users/{owner}/", USER, OWNERS),
    ("PATCH", "/api/users/{owner}/", USER, OWNERS),
    ("DELETE", "/api/users/{owner}/", None, OWNERS_DELETE),
    ("GET", "/api/users/me/", None, MEMBERS),
    ("PUT", "/api/users/me/", USER, MEMBERS),
    ("PATCH", "/api/users/me/", USER, MEMBERS),
    ("DELETE", "/api/users/me/", None, [401, 204, 204, 204]),
    # Whoever's it is not finds none, staff included.
    ("PUT", "/api/users/me/avatar/", {"upload_id": "{upload}"}, [401, 400, 200, 400]),
    ("DELETE", "/api/users/me/avatar/", None, [401, 204, 204, 204]),
    ("POST", "/api/media/uploads/", UPLOAD, [401, 201, 201, 201]),
    ("GET", "/api/media/uploads/{upload}/", None, [401, 404, 200, 404]),
    ("POST", "/api/media/uploads/{upload}/complete/", None, [401, 404, 200, 404]),
    ("GET", "/api/events/", None, EVERYONE),
    ("POST", "/api/events/", EVENT, [401, 201, 201, 201]),
    ("GET", "/api/events/{event}/", None, EVERYONE),
    ("PUT", "/api/events/{event}/", EVENT, OWNERS),
    ("PATCH", "/api/events/{event}/", EVENT, OWNERS),
    ("DELETE", "/api/events/{empty}/", None, OWNERS_DELETE),
    # An organiser needs no seat, which is another matter.
    ("POST", "/api/events/{event_id}/register/", None, [401, 201, 409, 201]),
    ("DELETE", "/api/events/{event_id}/register/", None, [401, 409, 409, 409]),
    ("GET", "/api/events/{event_id}/registrations/", None, OWNERS),
    ("POST", "/api/events/{event_id}/registrations/", WALK_IN, [401, 403, 201, 201]),
    (
        "DELETE",
        "/api/events/{event_id}/registrations/{registration}/",
        None,
        OWNERS_DELETE,
    ),
    ("POST", "/api/events/{event_id}/check-in/", CHECK_IN, OWNERS),
    ("POST", "/api/events/{running}/no-shows/", None, OWNERS),
    ("GET", "/api/events/{event_id}/calendar.ics", None, EVERYONE),
    ("GET", "/api/events/calendar.ics", None, EVERYONE),
    ("GET", "/api/events/calendar/{feed}.ics", None, EVERYONE),
    ("GET", "/api/dashboard/events/", None, MEMBERS),
    # Whoever's it is not finds nothing, staff included.
    ("GET", "/api/dashboard/events/{event}/", None, [401, 404, 200, 404]),
    ("POST", "/api/dashboard/calendar/", None, [401, 201, 201, 201]),
    ("DELETE", "/api/dashboard/calendar/", None, [401, 204, 204, 204]),
    ("GET", "/api/tournaments/", None, EVERYONE),
    ("POST", "/api/tournaments/", TOURNAMENT, [401, 201, 201, 201]),
    ("GET", "/api/tournaments/{tournament}/", None, EVERYONE),
    ("PUT", "/api/tournaments/{tournament}/", TOURNAMENT, OWNERS),
    ("PATCH", "/api/tournaments/{tournament}/", TOURNAMENT, OWNERS),
    ("DELETE", "/api/tournaments/{tournament}/", None, OWNERS_DELETE),
    ("POST", "/api/tournaments/{tournament_id}/seeding/", {"seeding": "rating"}, OWNERS),
    ("POST", "/api/tournaments/{tournament_id}/start/", None, OWNERS),
    ("POST", "/api/tournaments/{played}/finish/", None, OWNERS),
    ("GET", "/api/tournaments/{tournament_id}/bracket/", None, EVERYONE),
    ("GET", "/api/tournaments/{tournament_id}/bracket.svg", None, EVERYONE),
    ("GET", "/api/tournaments/{tournament_id}/standings/", None, EVERYONE),
    ("GET", "/api/tournaments/{tournament_id}/changes/", None, OWNERS),
    ("GET", "/api/tournaments/{tournament_id}/settlements/", None, OWNERS),
    ("POST", "/api/settlements/{settlement}/accept/", None, OWNERS),
    ("POST", "/api/settlements/{settlement}/dismiss/", None, OWNERS),
    ("GET", "/api/teams/", None, EVERYONE),
    ("POST", "/api/teams/", TEAM, [401, 201, 201, 201]),
    ("GET", "/api/teams/{idle}/", None, EVERYONE),
    ("PUT", "/api/teams/{idle}/", TEAM, OWNERS),
    ("PATCH", "/api/teams/{idle}/", TEAM, OWNERS),
    ("DELETE", "/api/teams/{idle}/", None, OWNERS_DELETE),
    ("GET", "/api/teams/{team}/members/", None, MEMBERS),
    ("POST", "/api/teams/{team}/members/", MEMBER_OF_TEAM, [401, 403, 201, 201]),
    ("DELETE", "/api/teams/{team}/members/{team_member}/", None, OWNERS_DELETE),
    ("POST", "/api/teams/{team}/check-in/", None, OWNERS),
    ("POST", "/api/teams/{seeded}/disqualify/", {}, OWNERS),
    ("POST", "/api/teams/{out}/reinstate/", {}, OWNERS),
    ("POST", "/api/teams/{seeded}/substitute/", {"team_id": "{reserve}"}, OWNERS),
    ("GET", "/api/series/", None, EVERYONE),
    ("GET", "/api/series/{series}/", None, EVERYONE),
    ("PATCH", "/api/series/{series}/", SERIES, OWNERS),
    ("POST", "/api/series/{ready}/report/", REPORT, OWNERS),
    ("POST", "/api/series/{reported}/confirm/", None, OWNERS),
    ("POST", "/api/series/{reported}/dispute/", {}, OWNERS),
    ("POST", "/api/series/{finished}/correct/", CORRECT, OWNERS),
    ("GET", "/api/games/", None, EVERYONE),
    ("POST", "/api/games/", GAME, [401, 403, 201, 201]),
    ("GET", "/api/games/{game}/", None, EVERYONE),
    ("PUT", "/api/games/{game}/", GAME, OWNERS),
    ("PATCH", "/api/games/{game}/", GAME, OWNERS),
    ("DELETE", "/api/games/{game}/", None, OWNERS_DELETE),
    ("GET", "/api/steam/matches/", None, EVERYONE),
    ("GET", "/api/steam/matches/{match}/", None, EVERYONE),
    ("GET", "/api/steam/players/{account}/", None, EVERYONE),
    ("GET", "/api/steam/heroes/", None, EVERYONE),
    ("GET", "/api/steam/live/", None, EVERYONE),
    # Not what Steam would be asked for.
    ("GET", "/api/steam/search/?q=night+owls", None, MEMBERS),
    ("POST", "/api/steam/sync/", None, [401, 403, 403, 202]),
    ("GET", "/api/steam/sync-runs/", None, STAFF),
    ("GET", "/api/steam/sync-runs/{sync_run}/", None, STAFF),
    ("GET", "/api/steam/budget/", None, STAFF),
    ("GET", "/api/search/?q=cup", None, EVERYONE),
]
# A session is what it trades.
BY_SESSION = "/api/auth/token/"
# What a row calls the rows it asks for, and what the schema calls them.
PARAMETERS = {
    "owner": "id",
    "event": "id",
    "empty": "id",
    "event_id": "event_id",
    "running": "event_id",
    "registration": "registration_id",
    "upload": "upload_id",
    "feed": "token",
    "tournament": "id",
    "tournament_id": "tournament_id",
    "played": "tournament_id",
    "team": "team_id",
    "team_member": "member_id",
    "seeded": "team_id",
    "out": "team_id",
    "series": "id",
    "ready": "series_id",
    "reported": "series_id",
    "finished": "series_id",
    "settlement": "settlement_id",
    "idle": "id",
    "game": "id",
    "match": "match_id",
    "account": "account_id",
    "sync_run": "id",
}


@pytest.fixture
def names(member):
    event = EventFactory(created_by=member)
    return {
        **tournament_rows(member),
        "event": event.pk,
        "event_id": event.pk,
        "registration": RegistrationFactory(event=event).pk,
        "walk_in": UserFactory().pk,
        "empty": EventFactory(created_by=member).pk,
        "running": EventFactory(created_by=member, running=True).pk,
        "feed": make_feed(member=member),
        "owner": member.pk,
        "upload": UploadFactory(owner=member).pk,
        "username": member.username,
        "refresh": issue_tokens(user=member).refresh,
        "reset": password_reset_token(member),
        "verify": EmailToken.make(member, member.email),
        "match": MatchFactory().pk,
        "account": to_account_id(MemberSyncFactory().steam_id),
        "sync_run": SyncRunFactory().pk,
    }


@pytest.fixture(autouse=True)
def discord(settings):
    settings.SOCIAL_AUTH_DISCORD_KEY = settings.SOCIAL_AUTH_DISCORD_SECRET = "made-up"


@pytest.fixture
def callers(api, member_api, outsider_api, staff_api):
    return dict(zip(CALLERS, [api, outsider_api, member_api, staff_api], strict=True))


@pytest.fixture
def sessions(member, outsider, staff):
    clients = {caller: APIClient() for caller in CALLERS}
    for caller, user in zip(CALLERS[1:], [outsider, member, staff], strict=True):
        clients[caller].force_login(user)
    return clients


@pytest.mark.parametrize(
    ("method", "route", "body", "caller", "status"),
    [
        pytest.param(method, route, body, caller, status, id=f"{method} {route} {caller}")
        for method, route, body, statuses in TABLE
        for caller, status in zip(CALLERS, statuses, strict=True)
    ],
)
def test_who_may_do_what(callers, sessions, names, method, route, body, caller, status):
    body = body and {key: value.format(**names) for key, value in body.items()}
    client = (sessions if route == BY_SESSION else callers)[caller]

    response = getattr(client, method.lower())(route.format(**names), body)

    assert response.status_code == status, response.content


@pytest.fixture(params=["deactivated", "deleted"])
def former(request, sign_in, outsider):
    """A client with the token of one who was a member."""
    client = sign_in(outsider)
    if request.param == "deleted":
        outsider.delete()
    else:
        User.objects.filter(pk=outsider.pk).update(is_active=False)
    return client


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        pytest.param(method, route, body, id=f"{method} {route}")
        for method, route, body, statuses in TABLE
        if statuses[0] == 401 and route != BY_SESSION
    ],
)
def test_who_was_a_member_is_refused_what_nobody_may(former, names, method, route, body):
    body = body and {key: value.format(**names) for key, value in body.items()}

    response = getattr(former, method.lower())(route.format(**names), body)

    assert response.status_code == 401
    assert response.json()["code"] in {"user_not_found", "user_inactive"}
    assert "Bearer" in response["WWW-Authenticate"]


# Who asks is answered what is theirs besides, and what only they may see.
PERSONAL = {
    "/api/events/",
    "/api/events/{event}/",
    "/api/events/{event_id}/calendar.ics",
    "/api/search/?q=cup",
    "/api/tournaments/",
    "/api/tournaments/{tournament}/",
}
READS = [
    route
    for method, route, _, statuses in TABLE
    if (method, statuses) == ("GET", EVERYONE) and route not in PERSONAL
]


@pytest.mark.parametrize("route", READS)
def test_what_anyone_may_read_asks_nothing_about_who_reads(api, member_api, former, names, route):
    path = route.format(**names)
    api.get(path)  # the first of all makes the settings' row

    def read(client):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        assert response.status_code == 200
        return len(queries), response["Content-Type"]

    assert read(api) == read(former) == read(member_api)


def as_documented(route):
    """Name the route as the schema does."""
    names = {name: f"{{{schema_name}}}" for name, schema_name in PARAMETERS.items()}
    return route.format(**names).partition("?")[0]


def test_the_table_has_every_operation_of_the_schema():
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    operations = {(method.upper(), path) for path in paths for method in paths[path]}

    assert {(method, as_documented(route)) for method, route, _, _ in TABLE} == operations


def test_the_table_for_people_says_the_same():
    """A cell is empty where the caller is refused, with 401 or 403."""
    document = (settings.BASE_DIR / "docs" / "access.md").read_text()
    rows = re.findall(r"^\| `(\w+) (/api/\S+)` \|(.*)\|$", document, re.M)
    said = {
        (method, route): [bool(cell.strip()) for cell in cells.split("|")]
        for method, route, cells in rows
    }

    assert said == {
        # Whoever began it may come back; the callers above have begun nothing.
        (method, as_documented(route)): [
            "social/complete" in route or status not in {401, 403} for status in statuses
        ]
        for method, route, _, statuses in TABLE
    }


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer x.y.z", "Bearer a b", "Basic bWVtYmVyOnBhc3N3b3Jk", "{refresh}"],
)
def test_a_token_that_is_not_valid_is_refused_even_where_none_is_needed(api, names, authorization):
    api.credentials(HTTP_AUTHORIZATION=authorization.format(**names))
    refused = authorization.startswith("Bearer")

    assert api.get("/api/tournaments/").status_code == (401 if refused else 200)
    assert api.get("/api/users/me/").status_code == 401


def test_a_token_that_was_good_is_refused_once_it_has_expired(api, member):
    token = AccessToken(issue_tokens(user=member).access)
    token.set_exp(lifetime=timedelta(seconds=2))
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    paths = ["/api/tournaments/", "/api/users/me/"]
    assert [api.get(path).status_code for path in paths] == [200, 200]

    time.sleep(2)

    assert [api.get(path).status_code for path in paths] == [401, 401]
