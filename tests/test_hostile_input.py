"""Nothing that a caller sends may break the API, or be answered in another form than the one.

Every operation and parameter comes from the schema, so that a new route is tried too, or fails for
want of a body that it takes. HYPOTHESIS_PROFILE=long looks much longer, and elsewhere each time.
"""

import base64
import itertools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import httpx
import pytest
import schemathesis
from django.contrib.auth.hashers import make_password
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.accounts.services import issue_tokens
from app.accounts.tokens import EmailToken, password_reset_token
from app.core.steam_id import to_account_id
from app.events.services import make_feed
from app.tournaments.models import Series
from config import functions
from tests.factories import (
    PASSWORD,
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    MemberSyncFactory,
    RegistrationFactory,
    StaffFactory,
    SteamMemberFactory,
    SyncRunFactory,
    TeamFactory,
    TournamentFactory,
    UploadFactory,
    UserFactory,
)
from tests.fakes.steam import FakeSteam
from tests.tournaments.rows import tournament_rows
from tests.transports import LambdaTransport, in_process

Try = dict[str, Any]

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"

SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    # One that is not valid fails here.
    for operation in (result.ok() for result in SCHEMA.get_all_operations())  # type: ignore[union-attr]
}
PATHS = sorted({operation.path for operation in OPERATIONS.values()})
WITH_BODY = [name for name, operation in OPERATIONS.items() if list(operation.body)]
# Under /api/ and not in the schema, which they show.
OUTSIDE_THE_SCHEMA = ["/api/schema/", "/api/docs/", "/health/"]
# The answer's status, type and body are among those that the schema has for the operation.
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
ROLES = ["nobody", "member", "staff"]


@dataclass
class World:
    """What is in the database, as the tables below name it."""

    ids: dict[str, Any]
    headers: dict[str, dict[str, str]]
    bodies: dict[str, dict[str, Any]]


class Site:
    """The API behind its gateway; whatever a call writes is taken back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._client = httpx.Client(
            transport=LambdaTransport(in_process(functions.api)), base_url="https://testserver"
        )

    def path(self, path: str) -> str:
        """Name a row that exists in the path."""
        ids = self.world.ids
        return re.sub(r"{(\w+)}", lambda found: str(ids.get(path) or ids[found[1]]), path)

    def call(self, role: str, method: str, url: str, **kwargs: Any) -> httpx.Response:
        headers = self.world.headers[role] | kwargs.pop("headers", {})
        kwargs["headers"] = {name: value.encode() for name, value in headers.items()}
        with transaction.atomic():
            response = self._client.request(method, url, **kwargs)
            transaction.set_rollback(True)
        return response

    def attack(
        self, method: str, url: str, tries: Mapping[str, Try], *, thorough: str = "staff"
    ) -> None:
        """Try each as everyone, and only then complain.

        Staff get past the most checks. The others try one in six, unless there is time for all.
        """
        wrong = []
        for role, (number, (name, each)) in itertools.product(ROLES, enumerate(tries.items())):
            if role != thorough and number % 6 and not LONG:
                continue
            keywords = each.copy()
            response = self.call(role, method, url + keywords.pop("suffix", ""), **keywords)
            if complaint := unsound(response):
                wrong.append(f"{name} as {role}: {complaint}")
        assert not wrong, "\n".join([f"{method} {url}", *wrong])


def unsound(response: httpx.Response) -> str | None:
    """Say what is wrong with an answer: a failure of ours, or an error not in the one format."""
    status, text = response.status_code, response.text
    said = f"{status} {text[:300]}"
    if status >= 500:
        return said
    if status < 400 or response.request.method == "HEAD":
        return None
    if response.headers["content-type"] != "application/json":
        return f"{response.headers['content-type']} for {said}"
    body = response.json()
    expected = {"error", "code", "details"} if status == 400 else {"detail", "code"}
    if not isinstance(body, dict) or body.keys() != expected:
        return f"not the error format: {said}"
    if status == 400 and not (isinstance(body["details"], dict) and body["details"]):
        return f"no details: {said}"
    if "Traceback" in text or ".py" in text:
        return f"a stack: {said}"
    return None


@pytest.fixture(scope="module")
def steam():
    """Steam for who searches there, which knows nobody."""
    with FakeSteam() as steam:
        yield steam


@pytest.fixture
def quick(settings, steam):
    # Each limit has a test of its own; here they would end every attack early.
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000000/day")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 150_000
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STEAM_BACKOFF = 0
    settings.STEAM_API_URL, settings.STEAM_API_KEY = steam.url, steam.key
    settings.SOCIAL_AUTH_DISCORD_KEY = settings.SOCIAL_AUTH_DISCORD_SECRET = "made-up"


@pytest.fixture
def world(db, quick):
    member = SteamMemberFactory(password=make_password(PASSWORD))
    staff = StaffFactory(password=make_password(PASSWORD))
    tournament = TournamentFactory(organiser=member)
    radiant, dire = (TeamFactory(tournament=tournament, seed=seed) for seed in (1, 2))
    idle, foreign = TeamFactory(tournament=tournament), TeamFactory()
    bracket = tournament_rows(member)
    ready = Series.objects.get(pk=bracket["ready"])
    game = GameFactory(tournament=ready.tournament, radiant=ready.team_a, dire=ready.team_b)
    order = {"reason": "So.", "force": True, "version": ready.tournament.version}
    report = {"score_a": 1, "score_b": 0, "outcome": "played", "winner_id": ready.team_a_id}
    match = MatchFactory()
    MatchPlayerFactory(match=match, member=member)
    tokens = {
        role: issue_tokens(user=user) for role, user in (("member", member), ("staff", staff))
    }
    register = {
        "email": "newcomer@guildhall.example",
        "username": "newcomer",
        "password": PASSWORD,
        "password_confirm": PASSWORD,
    }
    sign_in = {"email": member.email, "username": member.username, "password": PASSWORD}
    refresh = {"refresh": tokens["staff"].refresh}
    user = {
        "username": "renamed",
        "nickname": "Renamed",
        "avatar": "https://guildhall.example/a.png",
    }
    registration = RegistrationFactory(event__created_by=member)
    upload = UploadFactory(owner=staff)
    an_event = {
        "title": "Friday in-house",
        "description": "Ten players, three games.",
        "location": "Voice channel",
        "cover": "https://guildhall.example/cover.png",
        "cover_upload_id": UploadFactory(owner=staff, purpose="event_cover").pk,
        "start_date": "2036-12-05T19:00:00Z",
        "end_date": "2036-12-05T23:00:00Z",
        "status": "published",
        "max_participants": 10,
        "registration_opens": "2036-11-05T19:00:00Z",
        "registration_closes": "2036-12-05T20:00:00Z",
        "waiting_list": True,
        "offer_hours": 24,
    }
    a_tournament = {
        "name": "Cup",
        "description": "Of cups.",
        "rules": "Be kind.",
        "tournament_type": "swiss",
        "status": "registration",
        "event_id": registration.event.pk,
        "steam_league_id": 15_000,
        "max_teams": 16,
        "sign_up": True,
        "check_in": True,
        "best_of": 3,
        "best_of_rounds": [{"section": "swiss", "round": -1, "best_of": 5}],
        "third_place": True,
        "grand_final_reset": True,
        "groups": 2,
        "legs": 2,
        "swiss_rounds": 3,
        "points_win": 3,
        "points_draw": 1,
        "points_loss": 0,
        "tie_breaks": ["buchholz", "seed"],
        "playoff": "single_elimination",
        "qualifiers": 4,
    }
    a_team = {
        "tournament_id": tournament.pk,
        "name": "Newcomers",
        "logo": "https://guildhall.example/logo.png",
        "logo_upload_id": UploadFactory(owner=staff, purpose="team_logo").pk,
        "captain_id": member.pk,
        "seed": 7,
        "rating": 4200,
    }
    a_game = {
        "tournament_id": ready.tournament_id,
        "series_id": ready.pk,
        "match_id": MatchFactory().pk,
        "radiant_id": ready.team_a_id,
        "dire_id": ready.team_b_id,
        "winner_id": ready.team_a_id,
        "duration": 1800,
        "played_at": "2026-10-01T20:00:00Z",
    }
    return World(
        ids={
            "/api/users/{id}/": member.pk,
            "/api/events/{id}/": registration.event.pk,
            "/api/dashboard/events/{id}/": registration.event.pk,
            "event_id": registration.event.pk,
            "upload_id": upload.pk,
            "token": make_feed(member=member),
            "registration_id": registration.pk,
            "/api/tournaments/{id}/": tournament.pk,
            "tournament_id": tournament.pk,
            "team_id": bracket["team"],
            "member_id": bracket["team_member"],
            "/api/teams/{team_id}/disqualify/": bracket["seeded"],
            "/api/teams/{team_id}/reinstate/": bracket["out"],
            "/api/teams/{team_id}/substitute/": bracket["seeded"],
            "/api/series/{id}/": ready.pk,
            "series_id": ready.pk,
            "/api/series/{series_id}/confirm/": bracket["reported"],
            "/api/series/{series_id}/dispute/": bracket["reported"],
            "/api/series/{series_id}/correct/": bracket["finished"],
            "settlement_id": bracket["settlement"],
            "/api/teams/{id}/": idle.pk,
            "/api/games/{id}/": game.pk,
            "/api/steam/matches/{match_id}/": match.pk,
            "account_id": to_account_id(MemberSyncFactory(member=member).steam_id),
            "/api/steam/sync-runs/{id}/": SyncRunFactory(started_by=staff).pk,
            "another member": UserFactory().pk,
            "staff": staff.pk,
            "team that played": bracket["radiant"],
            "team of another tournament": foreign.pk,
            "another tournament": foreign.tournament_id,
        },
        headers={
            "nobody": {},
            **{role: {"authorization": f"Bearer {pair.access}"} for role, pair in tokens.items()},
        },
        # What staff may send, each with every field that it takes.
        bodies={
            "POST /api/auth/register/": register,
            "POST /api/auth/login/": sign_in,
            "POST /api/auth/session/": sign_in,
            "POST /api/auth/refresh/": refresh,
            "POST /api/auth/logout/": refresh,
            "POST /api/auth/password/change/": {
                "current_password": PASSWORD,
                "new_password": "nine-roshans-no-cheese",
            },
            "POST /api/auth/password/reset/": {"email": member.email},
            "POST /api/auth/password/reset/confirm/": {
                "token": password_reset_token(member),
                "password": "nine-roshans-no-cheese",
                "password_confirm": "nine-roshans-no-cheese",
            },
            "POST /api/auth/email/verify/": {"token": EmailToken.make(member, member.email)},
            "POST /api/auth/email/change/": {
                "email": "renamed@guildhall.example",
                "password": PASSWORD,
            },
            "POST /api/users/": register,
            "PUT /api/users/{id}/": user,
            "PATCH /api/users/{id}/": user,
            "PUT /api/users/me/": user,
            "PATCH /api/users/me/": user,
            "PUT /api/users/me/avatar/": {"upload_id": upload.pk},
            "POST /api/media/uploads/": {
                "purpose": "avatar",
                "content_type": "image/png",
                "size": 1000,
                "filename": "me.png",
            },
            "PATCH /api/settings/": {"site_name": "Hall", "timezone": "Europe/Berlin"},
            "POST /api/events/": an_event,
            "PUT /api/events/{id}/": an_event,
            "PATCH /api/events/{id}/": an_event,
            "POST /api/events/{event_id}/registrations/": {"member_id": UserFactory().pk},
            "POST /api/events/{event_id}/check-in/": {
                "code": registration.check_in_code,
                "registration_id": registration.pk,
                "checked_in": True,
            },
            "POST /api/tournaments/": a_tournament,
            "PUT /api/tournaments/{id}/": a_tournament,
            "PATCH /api/tournaments/{id}/": a_tournament,
            "POST /api/teams/": a_team,
            "PUT /api/teams/{id}/": a_team,
            "PATCH /api/teams/{id}/": a_team,
            "POST /api/tournaments/{tournament_id}/seeding/": {
                "seeding": "random",
                "team_ids": [radiant.pk, dire.pk],
                "seeding_number": 7,
            },
            "POST /api/teams/{team_id}/members/": {
                "member_id": UserFactory().pk,
                "is_stand_in": True,
            },
            "POST /api/teams/{team_id}/disqualify/": order,
            "POST /api/teams/{team_id}/reinstate/": order,
            "POST /api/teams/{team_id}/substitute/": {**order, "team_id": bracket["reserve"]},
            "PATCH /api/series/{id}/": {"best_of": 3, "scheduled_at": "2036-12-05T19:00:00Z"},
            "POST /api/series/{series_id}/report/": {
                **report,
                "version": order["version"],
                "force": True,
            },
            "POST /api/series/{series_id}/confirm/": {"score_a": 1, "score_b": 0},
            "POST /api/series/{series_id}/dispute/": {"reason": "No."},
            "POST /api/series/{series_id}/correct/": {
                **report,
                **order,
                "score_a": 0,
                "score_b": 1,
            },
            "POST /api/settlements/{settlement_id}/accept/": {"force": True},
            "POST /api/settlements/{settlement_id}/dismiss/": {"force": True},
            "POST /api/games/": a_game,
            "PUT /api/games/{id}/": a_game,
            "PATCH /api/games/{id}/": a_game,
        },
    )


@pytest.fixture
def site(world):
    # As Django's own test client does: the connection holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Site(world)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def csrf(site: Site) -> dict[str, str]:
    """Answer what a browser sends along, without which a sign-in by session reads no body."""
    token = site.call("nobody", "GET", "/api/auth/csrf/").json()["csrf_token"]
    return {
        "cookie": f"csrftoken={token}",
        "x-csrftoken": token,
        "referer": "https://testserver/",
    }


def fields(name: str) -> list[str]:
    """Answer the fields that the operation's body has in the schema."""
    reference = OPERATIONS[name].definition.raw["requestBody"]["content"][JSON]["schema"]["$ref"]
    schema = SCHEMA.raw_schema["components"]["schemas"][reference.rpartition("/")[2]]
    return list(schema["properties"])


# Values

EMOJI, SURROGATE = "\U0001f9d9", "\ud800"
DIGITS = "9" * 5000
# As JSON, since some have no other form.
JSON_VALUES = {
    "1e400": "1e400",
    "-1e400": "-1e400",
    "a long number": DIGITS,
    "deep": "[" * 1000 + "]" * 1000,
    "deep objects": '{"a":' * 1000 + "1" + "}" * 1000,
} | {
    name: json.dumps(value)
    for name, value in {
        "null": None,
        "true": True,
        "zero": 0,
        "minus one": -1,
        "a fraction": 1.5,
        "2^31": 2**31,
        "2^63": 2**63,
        "-2^63": -(2**63),
        "2^64": 2**64,
        "10^30": 10**30,
        "10^300": 10**300,
        "the smallest float": 5e-324,
        "empty": "",
        "space": " ",
        "NUL": "\0",
        "NUL inside": "a\0b",
        "a lone surrogate": SURROGATE,
        "controls": "\x01\x1b\x7f\x85\u2028",
        "right to left": "\u202eabc",
        "no character": "\uffff",
        "emoji": EMOJI,
        "many emoji": EMOJI * 300,
        "long": "x" * 20_000,
        "digits": DIGITS,
        "a number": "-1",
        "not a number": "NaN",
        "infinity": "Infinity",
        "digits of another script": "\u0663",
        "a date": "2026-10-01",
        "the first moment": "0001-01-01T00:00:00+23:59",
        "the last moment": "9999-12-31T23:59:59.999999-23:59",
        "no such day": "2026-02-30T00:00:00Z",
        "an email that grows in lower case": "a@" + ".".join(["\u0130" * 15] * 15) + ".com",
        "an email of another script": "a@\u0131\u0307.example",
        "half a URL": "http://[::1",
        "a script": "javascript:alert(1)",
        "a path": "../../etc/passwd",
        "SQL": "'; DROP TABLE accounts_user; --",
        "a template": "{{ 7 * 7 }}%s%(a)s{0.__class__}",
        "a list": [],
        "a list of lists": [[1], [{}]],
        "an object": {},
        "an object with a name": {"id": 1, "__class__": "x", "$ne": None},
        "many": list(range(5000)),
    }.items()
}
JSON = "application/json"
RAW_BODIES = {
    "nothing": (JSON, b""),
    "a brace": (JSON, b"{"),
    "half an object": (JSON, b'{"name": "a'),
    "two objects": (JSON, b"{}{}"),
    "a comma too many": (JSON, b'{"name": "a",}'),
    "single quotes": (JSON, b"{'name': 'a'}"),
    "NaN": (JSON, b'{"name": NaN}'),
    "1e400": (JSON, b'{"id": 1e400, "name": 1e400, "seed": 1e400, "radiant_id": 1e400}'),
    "a long number": (JSON, b'{"seed": ' + DIGITS.encode() + b"}"),
    "a lone surrogate": (JSON, rb'{"name": "\ud800", "\udfff": 1}'),
    "a NUL byte": (JSON, b'{"name": "\0"}'),
    "an escaped NUL": (JSON, rb'{"name": "\u0000", "\u0000": 1}'),
    "not UTF-8": (JSON, b'{"name": "\xff\xfe"}'),
    "UTF-16": (JSON, '{"name": "a"}'.encode("utf-16")),
    "a byte order mark": (JSON, b'\xef\xbb\xbf{"name": "a"}'),
    "the same key twice": (JSON, b'{"name": "a", "name": "b"}'),
    "too deep": (JSON, b"[" * 100_000),
    "too large": (JSON, b'{"name": "' + b"x" * 200_000 + b'"}'),
    "null": (JSON, b"null"),
    "a number": (JSON, b"7"),
    "a text": (JSON, b'"name"'),
    "a list": (JSON, b"[]"),
    "a list of objects": (JSON, b'[{"name": "a"}, {"name": "b"}]'),
    "text": ("text/plain", b"name=a"),
    "XML": ("application/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    "a form": ("application/x-www-form-urlencoded", b"name=a&name=%00&csrfmiddlewaretoken=%ff"),
    "a form of many": ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1500)),
    "a multipart form": ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: x\r\n"),
    "multipart without boundary": ("multipart/form-data", b"--b--"),
    "a file": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a\0"\r\n\r\nb\r\n--b--\r\n',
    ),
    "no such type": ("a/b/c", b"{}"),
    "a type of nothing": ("", b"{}"),
    "a broken type": ("application/json; charset", b"{}"),
    "another charset": ("application/json; charset=utf-7", b"{}"),
}
SEGMENTS = {
    "zero": "0",
    "minus one": "-1",
    "2^31": str(2**31),
    "2^63": str(2**63),
    "2^64": str(2**64),
    "10^40": str(10**40),
    "a long number": "9" * 4000,
    "a longer number": DIGITS,
    "a fraction": "1.5",
    "an exponent": "1e3",
    "NUL": "%00",
    "a number and NUL": "1%00",
    "up": "..%2f",
    "up and up": "..%2f..%2f..%2fetc%2fpasswd",
    "twice encoded": "%252e%252e%252f",
    "a backslash": "..%5c",
    "emoji": quote(EMOJI),
    "digits of another script": quote("\u0663"),
    "not UTF-8": "%ff%fe",
    "a lone surrogate": quote_from_bytes(SURROGATE.encode(errors="surrogatepass")),
    "a line": "1%0a",
    "CRLF": "1%0d%0aSet-Cookie:%20a=b",
    "half an escape": "%",
    "space": "%20",
    "a question": "%3f",
    "a hash": "%23",
    "a semicolon": "1;a=b",
    "a template": "%7b%7b7*7%7d%7d",
    "SQL": "1%27%20OR%201=1--",
}


def cursor(position: bytes) -> str:
    return base64.b64encode(position).decode()


QUERY_VALUES = {
    "empty": "",
    "zero": "0",
    "minus one": "-1",
    "one": "1",
    "a fraction": "1.5",
    "2^31": str(2**31),
    "2^63": str(2**63),
    "-2^64": str(-(2**64)),
    "10^40": str(10**40),
    "10^400": "1e400",
    "a small number": "1e-400",
    "a long number": DIGITS,
    "not a number": "NaN",
    "infinity": "-Infinity",
    "an underscore": "1_0",
    "digits of another script": "\u0663",
    "true": "true",
    "unknown": "unknown",
    "NUL": "\0",
    "NUL inside": "a\0b",
    "a lone surrogate": SURROGATE,
    "emoji": EMOJI,
    "long": "x" * 8000,
    "SQL wildcards": "%_\\",
    "SQL": "' OR 1=1; --",
    "a list": "1,2,-id,,",
    "commas": ",,",
    "a relation": "organiser__password",
    "the first moment": "0001-01-01T00:00:00+23:59",
    "the last moment": "9999-12-31T23:59:59.999999-23:59",
    "no such day": "2026-02-30T00:00:00Z",
    "a time": "2026-10-01T20:00:00Z",
    "a cursor of junk": cursor(b"\xff\xfe\xfd"),
    "half a cursor": "cD0",
    "a cursor of nothing": cursor(b""),
    "a cursor at NUL": cursor(b"p=%00"),
    "a cursor at a real NUL": cursor(b"p=\0"),
    "a cursor at 10^40": cursor(b"p=" + str(10**40).encode()),
    "a cursor at -10^40": cursor(b"r=1&p=-" + str(10**40).encode()),
    "a cursor at a long number": cursor(b"p=" + DIGITS.encode()),
    "a cursor at a word": cursor(b"p=word"),
    "a cursor at a fraction": cursor(b"p=1.5"),
    "a cursor at infinity": cursor(b"p=inf"),
    "a cursor at nothing": cursor(b"p="),
    "a cursor far off": cursor(b"o=" + str(10**40).encode()),
    "a cursor before the start": cursor(b"o=-1&r=x"),
    "a cursor at emoji": cursor(quote(EMOJI).encode()),
}
QUERIES = {
    "unknown": "a=1&__class__=2&%00=%00&%ff=%ff&[]=1&a[b]=2",
    "signs": "&&==&?&%&%2",
    "many": "&".join(["a=1"] * 1500),
    "an unknown format": "format=xml",
    "another format": "format=api",
    "a format of NUL": "format=%00",
    "another version": "version=%00&lang=%00",
}


def bearer(header: bytes) -> dict[str, str]:
    """A token with such a header, which is read before the signature is."""
    encoded = base64.urlsafe_b64encode(header).decode().rstrip("=")
    return {"authorization": f"Bearer {encoded}.e30.e30"}


HEADERS = {
    "a scheme alone": {"authorization": "Bearer"},
    "two tokens": {"authorization": "Bearer a b"},
    "no token": {"authorization": "Bearer "},
    "junk": {"authorization": "Bearer ..."},
    "emoji": {"authorization": f"Bearer {EMOJI}"},
    "basic": {"authorization": "Basic OjpAQA=="},
    "a deep token": bearer(b"[" * 3000),
    "a token of a list": bearer(b"[]"),
    "a token of a number": bearer(b"7"),
    "a token without algorithm": bearer(b'{"alg": "none"}'),
    "a token of a listed algorithm": bearer(b'{"alg": ["HS256"]}'),
    "a token with a key id": bearer(b'{"alg": "HS256", "kid": [1]}'),
    "a token that is not UTF-8": bearer(b"\xff\xfe"),
    "a session of junk": {"cookie": f"sessionid={'x' * 200}; csrftoken={EMOJI}; messages=%00"},
    "a session with NUL": {"cookie": r'sessionid="abcdefgh\000ijkl"; csrftoken="\000"'},
    "a broken cookie": {"cookie": '=;;;"; sessionid=; csrftoken'},
    "a short CSRF token": {"cookie": "csrftoken=a", "x-csrftoken": "\x7f"},
    "another origin": {"origin": "https://evil.example", "referer": "http://["},
    "no origin": {"origin": "null"},
    "a broken origin": {"origin": "http://[::1"},
    "a preflight": {"origin": "https://evil.example", "access-control-request-method": "\x01"},
    "another host": {"host": "evil.example"},
    "a broken host": {"host": "[::1"},
    "a host with a word for port": {"host": "testserver:port"},
    "HTML": {"accept": "text/html"},
    "an unknown type": {"accept": "a/b"},
    "a broken type": {"accept": ";;;=,,/"},
    "a charset": {"accept": "application/json; charset=\x01; q=x"},
    "many types": {"accept": ",".join(["a/b;q=0.1"] * 500)},
    "no length": {"content-length": "x"},
    "a negative length": {"content-length": "-1"},
    "a longer length": {"content-length": "999999999999"},
    "an address": {"x-forwarded-for": "'; --", "x-forwarded-proto": "\x01"},
    "another method": {"x-http-method-override": "DELETE"},
    "a language": {"accept-language": "\x01" * 500},
    "a range": {"range": "bytes=999-0", "if-modified-since": "\x01", "if-none-match": "\x01"},
}
METHODS = ["TRACE", "CONNECT", "PROPFIND", "FOO", "X" * 200]
UNKNOWN_ROUTES = [
    "/api",
    "/api/",
    "/api/unknown",
    "/api/unknown/",
    "/api//",
    "/api/users",
    "/api/users//",
    "/api/users/me",
    "/api/users/me/me/",
    "/api/users/1/2/",
    "/api/tournaments/me/",
    "/api/%00/",
    "/api/%ff/",
    "/api/..%2f..%2fetc%2fpasswd",
    "/api/users/%0a",
    "/api/" + "a/" * 2000,
    "/api/" + quote(EMOJI) + "/",
    "//evil.example/api/users",
    "/api/docs/.%2f",
    "/API/users/",
    "/unknown/",
    "/.env",
    "/static/%00",
    "/static/..%2f..%2fconfig%2fsettings.py",
    "/static/unknown.js",
]


# The tables, each against every operation


@pytest.mark.parametrize("name", WITH_BODY)
def test_the_bodies_of_the_table_are_whole_and_taken(site, name):
    """Else what is mixed into them would not get past the first check."""
    method, path = name.split()
    body = site.world.bodies[name]

    response = site.call("staff", method, site.path(path), json=body, headers=csrf(site))

    assert response.status_code in {200, 201, 202, 204}, response.text
    assert body.keys() == set(fields(name))


@pytest.mark.parametrize("name", WITH_BODY)
def test_any_value_in_any_field(site, name):
    method, path = name.split()
    headers = {"content-type": JSON, **csrf(site)}
    valid = {key: json.dumps(value) for key, value in site.world.bodies[name].items()}
    tries = {}
    for key in fields(name):
        bodies = {value: valid | {key: text} for value, text in JSON_VALUES.items()}
        bodies["nothing"] = {other: text for other, text in valid.items() if other != key}
        for value, body in bodies.items():
            content = ", ".join(f"{json.dumps(key)}: {text}" for key, text in body.items())
            tries[f"{key} is {value}"] = {"content": f"{{{content}}}", "headers": headers}
    site.attack(method, site.path(path), tries)


@pytest.mark.parametrize("name", OPERATIONS)
def test_any_body(site, name):
    method, path = name.split()
    browser = csrf(site)
    values = {name: (JSON, text.encode()) for name, text in JSON_VALUES.items()}
    bodies = RAW_BODIES | (values if name in WITH_BODY else {})
    tries = {
        name: {"content": content, "headers": {"content-type": media_type, **browser}}
        for name, (media_type, content) in bodies.items()
    }
    site.attack(method, site.path(path), tries)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "{" in name])
def test_any_segment_of_a_path(site, name):
    method, path = name.split()
    before, after = path.partition("{")[0], path.partition("}")[2]
    tries = {
        name: {"suffix": segment + after, "json": site.world.bodies.get(name)}
        for name, segment in SEGMENTS.items()
    }
    site.attack(method, before, tries)


@pytest.mark.parametrize("name", OPERATIONS)
def test_any_query(site, name):
    method, path = name.split()
    parameters = [parameter.name for parameter in OPERATIONS[name].query]
    queries = QUERIES | {"each twice": "&".join(f"{key}=1&{key}=2" for key in parameters)}
    for key, (value, text) in itertools.product(parameters, QUERY_VALUES.items()):
        queries[f"{key} is {value}"] = urlencode({key: text}, errors="surrogatepass")
    tries = {name: {"suffix": f"?{query}"} for name, query in queries.items()}
    site.attack(method, site.path(path), tries)


@pytest.mark.parametrize("name", [*OPERATIONS, *(f"GET {path}" for path in OUTSIDE_THE_SCHEMA)])
def test_any_header(site, name):
    method, path = name.split()
    tries = {
        # A schema takes a while to make: its few renderers are what can go wrong.
        trial: {"headers": headers}
        for trial, headers in HEADERS.items()
        if name in OPERATIONS or "accept" in headers
    }
    # A token of one's own would end the search for who one is before the cookies.
    site.attack(method, site.path(path), tries, thorough="nobody")


@pytest.mark.parametrize("path", [*PATHS, *OUTSIDE_THE_SCHEMA])
def test_a_method_that_a_route_has_not(site, path):
    has = {name.split()[0] for name in OPERATIONS if name.split()[1] == path} or {"GET"}
    others = {"GET", "POST", "PUT", "PATCH", "DELETE"} - has
    for role, method in itertools.product(ROLES, [*METHODS, *sorted(others)]):
        response = site.call(role, method, site.path(path))
        assert not unsound(response), f"{method} as {role}"
        assert response.status_code in {401, 403, 405}, f"{method} as {role}: {response.text}"


@pytest.mark.parametrize("path", [*PATHS, *OUTSIDE_THE_SCHEMA])
def test_asking_what_a_route_takes_is_answered(site, path):
    for role in ROLES:
        assert not unsound(site.call(role, "OPTIONS", site.path(path))), role


@pytest.mark.parametrize("path", [*PATHS, *OUTSIDE_THE_SCHEMA])
def test_head_is_get_without_the_body(site, path):
    # A way by another site: to ask what it would answer is to go it.
    refused = "/social/" in path
    for role in ROLES:
        read, head = (site.call(role, method, site.path(path)) for method in ("GET", "HEAD"))
        assert head.status_code in ({401, 405} if refused else {read.status_code}), role
        assert head.content == b""


@pytest.mark.parametrize("path", UNKNOWN_ROUTES)
def test_an_unknown_route(site, path):
    for role, method in itertools.product(ROLES, ["GET", "POST", "DELETE", "OPTIONS", "FOO"]):
        response = site.call(role, method, path)
        assert not unsound(response), f"{method} as {role}"
        if response.status_code == 301:
            assert method == "GET"
            assert response.headers["location"].startswith("/api/")
        else:
            assert response.status_code == 404, f"{method} as {role}: {response.text}"


# What Hypothesis comes up with


def search(test: Any) -> Any:
    """Bounded, and the same each time, unless there is time to look elsewhere."""
    return settings(
        max_examples=2000 if LONG else 15,
        derandomize=not LONG,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )(test)


@pytest.mark.parametrize("name", OPERATIONS)
@search
@given(data=st.data())
def test_whatever_comes_the_answer_is_one_of_the_schema(site, name, data):
    method, path = name.split()
    mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
    case = data.draw(OPERATIONS[name].as_strategy(generation_mode=mode))
    role = data.draw(st.sampled_from(ROLES))
    url = case.formatted_path if data.draw(st.booleans()) else site.path(path)
    query = urlencode(case.query or {}, doseq=True, errors="surrogatepass")
    body = case.body
    if isinstance(body, dict):
        # Rows that exist, in a body that is mostly right, get a write to the deep end.
        rows = list(site.world.ids.values())
        numbers = st.integers(0, len(rows) - 1)
        body = {
            key: rows[data.draw(numbers)]
            if key.endswith("_id") and data.draw(st.booleans())
            else value
            for key, value in body.items()
        }
        if data.draw(st.booleans()):
            body = site.world.bodies[name] | body

    response = site.call(
        role,
        method,
        f"{url}?{query}",
        content=b"" if isinstance(body, NotSet) else json.dumps(body, default=str),
        headers={"content-type": JSON},
    )

    assert not unsound(response)
    response.elapsed = timedelta()  # which httpx knows of real transports only
    case.validate_response(response, checks=CHECKS)
