"""Redis stops and comes back, under a server that goes on answering."""

import httpx
import pytest
import redis

from app.accounts.services import issue_tokens
from app.core.steam_id import to_account_id
from app.events.services import make_feed
from tests import live
from tests.accounts.test_access import TABLE
from tests.factories import (
    EventFactory,
    LiveGamePlayerFactory,
    MatchFactory,
    MemberSyncFactory,
    RegistrationFactory,
    StaffFactory,
    SteamMemberFactory,
    SyncRunFactory,
    UserFactory,
)
from tests.services import redis_server
from tests.tournaments.rows import tournament_rows

# What differs each time, or is about Redis itself.
OF_THE_MOMENT = {
    "/api/auth/csrf/",
    "/api/health/",
    "/api/health/ready/",
    "/api/steam/budget/",
}
READS = [
    route
    for method, route, _, statuses in TABLE
    if method == "GET" and statuses[-1] == 200 and route not in OF_THE_MOMENT
]


class Outage:
    """A Redis that can be stopped and started."""

    def __init__(self, folder):
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.start()

    def start(self):
        self.server = redis_server(self.socket)

    def stop(self):
        self.server.terminate()
        self.server.wait()

    def kept(self):
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            return client.keys("answer:*")


@pytest.fixture
def outage(tmp_path):
    outage = Outage(tmp_path)
    yield outage
    outage.stop()


@pytest.fixture
def world(transactional_db):
    """Rows of each kind, as the routes name them, and the tokens of those who ask for them."""
    staff, member = StaffFactory(), UserFactory()
    match, player = MatchFactory(), SteamMemberFactory()
    LiveGamePlayerFactory(member=player)
    event = EventFactory(created_by=staff, max_participants=2)
    names = {
        "owner": member.pk,
        "event": event.pk,
        "event_id": event.pk,
        "registration": RegistrationFactory(event=event).pk,
        "match": match.pk,
        "account": to_account_id(MemberSyncFactory(member=player).steam_id),
        "sync_run": SyncRunFactory(started_by=staff).pk,
        **tournament_rows(staff),
        "feed": make_feed(member=member),
    }
    tokens = {"staff": issue_tokens(user=staff), "member": issue_tokens(user=member)}
    return names, {name: pair.access for name, pair in tokens.items()}


@pytest.fixture
def api(world, outage, tmp_path, django_db_blocker):
    with live.database_copy(tmp_path, "outage", django_db_blocker) as database_url:
        server = live.server(tmp_path / "log", database_url, REDIS_URL=outage.url)
        with server as base_url, httpx.Client(base_url=base_url, timeout=60) as client:
            yield client


def answers(api, world):
    """Answer what each read answers to nobody and to staff, twice: made, and kept if it can be."""
    names, tokens = world
    found = {}
    for route in READS:
        path = route.format(**names)
        for who, headers in (
            ("nobody", {}),
            ("staff", {"Authorization": f"Bearer {tokens['staff']}"}),
        ):
            for _ in range(2):
                answer = api.get(path, headers=headers)
                assert answer.status_code < 500, f"{path}: {answer.text}"
                found[who, route] = answer.status_code, answer.content
    return found


def test_every_route_answers_the_same_without_redis_and_caching_resumes(
    api, world, outage, tmp_path
):
    names, tokens = world
    headers = {"Authorization": f"Bearer {tokens['member']}"}
    event = f"/api/events/{names['event']}/"

    with_redis = answers(api, world)
    assert outage.kept()

    outage.stop()
    assert answers(api, world) == with_redis
    assert api.get("/api/health/").json()["cache"] == "unavailable"
    # … and a write is in the next read.
    assert api.post(f"{event}register/", headers=headers).status_code == 201
    assert api.get(event).json()["seats_left"] == 0
    assert api.delete(f"{event}register/", headers=headers).status_code == 204
    without = answers(api, world)

    outage.start()
    assert not outage.kept()
    log = (tmp_path / "log").read_text()
    assert "Redis did not answer" in log
    assert "ERROR" not in log
    assert answers(api, world) == without
    assert outage.kept()
    assert api.get("/api/health/").json()["cache"] == "ok"
    assert api.post(f"{event}register/", headers=headers).status_code == 201
    assert api.get(event).json()["seats_left"] == 0
