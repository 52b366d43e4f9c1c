"""Public answers are kept until a table of theirs is written to, and not a read longer."""

import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_redis import get_redis_connection
from psycopg.sql import SQL, Identifier
from rest_framework.test import APIClient

from app.accounts import services
from app.accounts.models import User
from app.core.filters import DateTimeFilter, IntegerFilter
from app.steam.models import Match, MatchPlayer
from app.tournaments.models import Game, Team, Tournament
from app.tournaments.views.tournaments import BracketView
from tests.factories import (
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    RegistrationFactory,
    SeriesFactory,
    StaffFactory,
    SteamMemberFactory,
    TeamFactory,
    TournamentFactory,
    UserFactory,
)
from tests.routes import VIEWSETS

# Inside of a transaction nothing is kept.
pytestmark = pytest.mark.django_db(transaction=True)

two_connections = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Threads share an in-memory SQLite's connection."
)
CACHED = {name: viewset for name, viewset in VIEWSETS.items() if viewset.cached_on}


@pytest.fixture
def world(sign_in):
    organiser = SteamMemberFactory(nickname="Ada")
    tournament = TournamentFactory(organiser=organiser)
    game = GameFactory(tournament=tournament)
    player = MatchPlayerFactory(member=organiser)
    return SimpleNamespace(
        organiser=organiser,
        organiser_api=sign_in(organiser),
        tournament=tournament,
        game=game,
        series=SeriesFactory(tournament=tournament),
        team=game.radiant,
        match=player.match,
        player=player,
        event=RegistrationFactory(event__created_by=organiser).event,
    )


def address(world, of, kind):
    if kind == "list":
        return reverse(f"{of}-list")
    return reverse(f"{of}-detail", args=[getattr(world, of).pk])


def queries_of(client, path, **kwargs):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path, **kwargs)
    return response, len(queries)


def keep(path):
    """Read until the answer is kept: the first read of all leaves no more than the tokens."""
    for _ in range(2):
        APIClient().get(path)
    response, queries = queries_of(APIClient(), path)
    assert (response.status_code, queries) == (200, 0)
    return response


@pytest.mark.parametrize("kind", ["list", "detail"])
@pytest.mark.parametrize("of", CACHED)
def test_what_was_read_is_read_again_without_the_database(api, world, of, kind):
    path = address(world, of, kind)
    with transaction.atomic():
        made = api.get(path)

    again = keep(path)

    assert len(answers()) == 1
    assert again.content == made.content
    assert again["Content-Type"] == made["Content-Type"] == "application/json"


def create_by_the_api(world):
    teams = {"radiant_id": world.game.radiant_id, "dire_id": world.game.dire_id}
    body = {"tournament_id": world.tournament.pk, **teams}
    assert world.organiser_api.post("/api/games/", body).status_code == 201


def change_by_the_api(world):
    path = f"/api/games/{world.game.pk}/"
    assert world.organiser_api.patch(path, {"duration": 1800}).status_code == 200


def delete_by_the_api(world):
    assert world.organiser_api.delete(f"/api/games/{world.game.pk}/").status_code == 204


def rename_a_team(world):
    path = f"/api/teams/{world.team.pk}/"
    assert world.organiser_api.patch(path, {"name": "Renamed"}).status_code == 200


def change_a_nickname(world):
    body = {"nickname": "Countess"}
    assert world.organiser_api.patch("/api/users/me/", body).status_code == 200


def leave(world):
    assert world.organiser_api.delete("/api/users/me/").status_code == 204


def rename_in_the_admin(world):
    client = Client()
    backend = "app.accounts.backends.EmailOrUsernameBackend"
    client.force_login(StaffFactory(is_superuser=True), backend=backend)
    page = reverse("admin:tournaments_team_change", args=[world.team.pk])
    members = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}
    body = {"tournament": world.tournament.pk, "name": "Renamed", **members}
    assert client.post(page, body).status_code == 302


def create_in_bulk(world):
    Team.objects.bulk_create(Team(tournament=world.tournament, name=name) for name in "ab")


def upsert_in_bulk(world):
    world.match.radiant_score = 41
    Match.objects.bulk_create(
        [world.match],
        update_conflicts=True,
        unique_fields=["match_id"],
        update_fields=["radiant_score"],
    )


def update_in_bulk(world):
    world.team.name = "Renamed"
    Team.objects.bulk_update([world.team], ["name"])


def sql(statement):
    def run(world):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def sql_many(world):
    columns = "tournament_id, name, logo, is_unranked, created_at, updated_at"
    statement = f"INSERT INTO tournaments_team ({columns}) VALUES (%s, %s, %s, %s, %s, %s)"
    rows = [[world.tournament.pk, name, "", False, "2026-01-01", "2026-01-01"] for name in "ab"]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


BOTH = ["list", "detail"]
WRITES = [
    ("a row created", "game", ["list"], create_by_the_api),
    ("a row changed", "game", BOTH, change_by_the_api),
    ("a row deleted", "game", BOTH, delete_by_the_api),
    ("a team renamed", "game", BOTH, rename_a_team),
    ("a nickname changed", "tournament", BOTH, change_a_nickname),
    ("a nickname changed", "match", BOTH, change_a_nickname),
    ("a member gone", "tournament", BOTH, leave),
    ("a member gone", "match", BOTH, leave),
    ("the admin", "game", BOTH, rename_in_the_admin),
    ("save", "team", ["list"], lambda world: TeamFactory()),
    ("bulk_create", "team", ["list"], create_in_bulk),
    ("bulk_create that updates", "match", BOTH, upsert_in_bulk),
    ("bulk_update", "team", BOTH, update_in_bulk),
    ("update", "match", BOTH, lambda world: Match.objects.update(lobby_type=7)),
    ("update of players", "match", BOTH, lambda world: MatchPlayer.objects.update(kills=30)),
    ("delete", "game", BOTH, lambda world: Game.objects.all().delete()),
    ("a cascade", "game", BOTH, lambda world: world.tournament.delete()),
    ("a cascade", "team", BOTH, lambda world: world.tournament.delete()),
    ("a cascade", "match", BOTH, lambda world: world.match.delete()),
    ("a cascade that sets null", "team", BOTH, lambda world: User.objects.all().delete()),
    ("sql", "game", BOTH, sql("UPDATE tournaments_game SET duration = 7")),
    ("sql, quoted", "game", BOTH, sql('\n update "tournaments_game"\n set duration = 7')),
    ("sql that deletes", "game", BOTH, sql("delete from tournaments_game")),
    ("sql for many", "team", ["list"], sql_many),
]


@pytest.mark.parametrize(
    ("of", "kind", "write"),
    [
        pytest.param(of, kind, write, id=f"{name}: {of} {kind}")
        for name, of, kinds, write in WRITES
        for kind in kinds
    ],
)
def test_a_write_is_in_the_next_read(api, world, of, kind, write):
    path = address(world, of, kind)
    before = keep(path)

    write(world)

    after = api.get(path)
    assert after.content != before.content
    cache.clear()
    assert after.content == api.get(path).content


@pytest.mark.parametrize(
    "statement",
    [
        "/* note */ UPDATE tournaments_game SET duration = 7",
        "-- note\nUPDATE  tournaments_game SET duration = 7",
        "SELECT 1; UPDATE tournaments_game SET duration = 7",
        "WITH x AS (SELECT 7 AS y) UPDATE tournaments_game SET duration = y FROM x",
        "UPDATE ONLY public.tournaments_game SET duration = 7",
        'UPDATE "public"."tournaments_game" SET duration = 7',
        "TRUNCATE ONLY steam_membersync, tournaments_settlement, tournaments_game",
        "DO $$ BEGIN UPDATE tournaments_game SET duration = 7; END $$",
        b"UPDATE tournaments_game SET duration = 7",
        SQL("UPDATE {} SET duration = 7").format(Identifier("tournaments_game")),
    ],
    ids=str,
)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's ways to write.")
def test_sql_of_any_form_is_in_the_next_read(api, world, statement):
    before = keep("/api/games/")

    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert api.get("/api/games/").content != before.content


def test_what_is_inserted_unless_it_is_there_is_in_the_next_read(api, world):
    before = keep("/api/steam/matches/")

    match = Match(match_id=5, match_seq_num=5, start_time=datetime(2026, 1, 1, tzinfo=UTC))
    Match.objects.bulk_create([match], ignore_conflicts=True)

    assert api.get("/api/steam/matches/").content != before.content


@two_connections
def test_a_write_without_autocommit_is_in_the_next_read(api, world):
    keep("/api/games/")
    transaction.set_autocommit(False)
    try:
        Game.objects.update(duration=7)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)

    assert api.get("/api/games/").json()["results"][0]["duration"] == 7


def test_a_transaction_of_many_writes_tells_of_each_table_once(world):
    with transaction.atomic():
        for duration in range(20):
            Game.objects.update(duration=duration)
            Team.objects.update(seed=None)

        assert len(connection.run_on_commit) == 2


def test_a_sign_in_leaves_answers_kept(api, world):
    keep("/api/tournaments/")

    services.sign_in(user=world.organiser)

    assert queries_of(api, "/api/tournaments/")[1] == 0


def test_a_write_elsewhere_leaves_an_answer_kept(api, world):
    path = reverse("team-list")
    keep(path)

    Match.objects.update(lobby_type=7)

    assert queries_of(api, path)[1] == 0


@contextmanager
def elsewhere(act):
    """Run it meanwhile, on a thread with a connection of its own."""
    failed = []

    def run():
        try:
            act()
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()
    if failed:
        raise failed[0]


def read_elsewhere(path):
    answers = []
    with elsewhere(lambda: answers.append(queries_of(APIClient(), path))):
        pass
    return answers[0]


@two_connections
def test_a_write_is_seen_once_it_is_committed(world):
    path = reverse("game-list")
    before = keep(path)

    with transaction.atomic():
        Team.objects.filter(pk=world.team.pk).update(name="Renamed")
        answer, queries = read_elsewhere(path)
        assert (answer.content, queries) == (before.content, 0)

    assert b"Renamed" in read_elsewhere(path)[0].content


def test_a_write_that_is_rolled_back_changes_nothing(api, world):
    path = reverse("tournament-list")
    before = keep(path)

    with transaction.atomic():
        Tournament.objects.update(name="Renamed")
        transaction.set_rollback(True)

    after, queries = queries_of(api, path)
    assert (after.content, queries) == (before.content, 0)


def test_a_savepoint_that_is_rolled_back_takes_its_own_writes_with_it(api, world):
    games, tournaments = reverse("game-list"), reverse("tournament-list")
    before = keep(games)
    keep(tournaments)

    with transaction.atomic():
        Tournament.objects.update(name="Renamed")
        with transaction.atomic():
            Game.objects.update(duration=7)
            transaction.set_rollback(True)

    after, queries = queries_of(api, games)
    assert (after.content, queries) == (before.content, 0)
    assert b"Renamed" in api.get(tournaments).content


def test_a_refused_write_breaks_nothing(api, world):
    path = reverse("team-list")
    before = keep(path)

    taken = {"name": world.game.dire.name}
    assert world.organiser_api.patch(f"{path}{world.team.pk}/", taken).status_code == 400

    assert api.get(path).content == before.content


def test_what_is_read_in_a_transaction_is_not_kept(api, world):
    path = reverse("tournament-list")
    before = keep(path)

    with transaction.atomic():
        Tournament.objects.update(name="Renamed")
        assert b"Renamed" in api.get(path).content
        transaction.set_rollback(True)

    assert api.get(path).content == before.content


class Reader:
    """Reads a path on a connection of its own, and holds its rows until it is told to go on."""

    def __init__(self, path):
        self.path, self.content = path, b""
        self.has_rows, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self):
        with connection.execute_wrapper(self.hold):
            self.content = APIClient().get(self.path).content

    def hold(self, execute, *args):
        rows = execute(*args)
        self.has_rows.set()
        assert self.may_go_on.wait(10)
        return rows


@two_connections
@pytest.mark.parametrize("is_known", [False, True])
def test_a_read_that_a_write_overtakes_leaves_no_old_answer(api, world, is_known):
    path = reverse("tournament-list")
    if is_known:
        keep(path)
        Tournament.objects.update(description="Written to.")
    reader = Reader(path)

    with elsewhere(reader):
        assert reader.has_rows.wait(10)
        Tournament.objects.update(name="Renamed")
        reader.may_go_on.set()

    assert b"Renamed" not in reader.content
    for _ in range(3):
        assert b"Renamed" in api.get(path).content


@two_connections
def test_a_read_between_a_write_and_its_commit_leaves_no_old_answer(api, world):
    path = reverse("tournament-list")
    keep(path)
    Tournament.objects.update(description="Written to.")

    with transaction.atomic():
        Tournament.objects.update(name="Renamed")
        old, queries = read_elsewhere(path)
        assert queries == 1
        assert b"Renamed" not in old.content
        assert read_elsewhere(path)[1] == 0

    for _ in range(3):
        assert b"Renamed" in api.get(path).content


@two_connections
def test_a_read_that_ends_between_a_write_and_its_commit_leaves_no_old_answer(api, world):
    path = reverse("tournament-list")
    keep(path)
    Tournament.objects.update(description="Written to.")
    reader = Reader(path)

    with elsewhere(reader):
        assert reader.has_rows.wait(10)
        with transaction.atomic():
            Tournament.objects.update(name="Renamed")
            reader.may_go_on.set()

    for _ in range(3):
        assert b"Renamed" in api.get(path).content


def test_each_scheme_host_and_query_has_an_answer_of_its_own(api, world):
    TournamentFactory()
    places = [
        (scheme, host, size)
        for scheme in ("http", "https")
        for host in ("testserver", "api.guildhall.example", "testserver:8000")
        for size in (1, 2)
    ]

    for scheme, host, size in places * 3:
        path = f"/api/tournaments/?page_size={size}"
        answer = api.get(path, secure=scheme == "https", headers={"Host": host}).json()
        assert len(answer["results"]) == size
        assert size == 2 or answer["next"].startswith(f"{scheme}://{host}/api/tournaments/?")


def test_each_type_that_is_asked_for_by_accept_has_an_answer_of_its_own(api):
    path = f"/api/tournaments/{TournamentFactory().pk}/bracket/"
    types = [renderer.media_type for renderer in BracketView.renderer_classes]
    wholes = {media_type: api.get(path, headers={"Accept": media_type}) for media_type in types}

    for media_type in [*types, *reversed(types)] * 2:
        answer = api.get(path, headers={"Accept": media_type})
        assert answer["Content-Type"] == media_type
        assert answer.content == wholes[media_type].content
        assert "Accept" in answer["Vary"]
    assert len({answer.content for answer in wholes.values()}) == len(types)


class TestETag:
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    def test_who_has_the_answer_is_told_so_without_the_database(self, api, world, form):
        kept = keep("/api/games/")
        wanted = {"If-None-Match": form.format(kept["ETag"])}

        answer, queries = queries_of(api, "/api/games/", headers=wanted)

        assert (answer.status_code, answer.content, queries) == (304, b"", 0)
        assert answer["ETag"] == kept["ETag"]
        assert answer["Cache-Control"] == "public, max-age=0, s-maxage=5"

    def test_after_a_write_the_answer_and_its_etag_are_others(self, api, world):
        kept = keep("/api/games/")
        Game.objects.update(duration=7)

        for _ in range(3):
            answer = api.get("/api/games/", headers={"If-None-Match": kept["ETag"]})
            assert answer.status_code == 200
            assert answer["ETag"] != kept["ETag"]

    def test_one_that_is_made_again_to_the_same_bytes_has_the_same(self, api, world):
        kept = keep("/api/games/")
        cache.clear()

        answer = api.get("/api/games/", headers={"If-None-Match": kept["ETag"]})

        assert answer.status_code == 304

    def test_head_has_it_too(self, api, world):
        kept = keep("/api/games/")

        answer = api.head("/api/games/")

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["ETag"] == kept["ETag"]


def answers():
    return get_redis_connection("default").keys("answer:*")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/games/404/", 404),
        ("/api/games/?page=404", 404),
        ("/api/games/?winner=nobody", 400),
        ("/api/games/?after=nobody", 400),
        ("/api/steam/matches/?cursor=nonsense", 404),
    ],
)
def test_no_error_is_kept(api, world, path, status):
    for _ in range(3):
        assert api.get(path).status_code == status

    assert answers() == []


def test_what_was_not_there_is_found_once_it_is(api, world):
    path = "/api/steam/matches/404/"
    for _ in range(3):
        assert api.get(path).status_code == 404

    MatchFactory(match_id=404)

    assert api.get(path).status_code == 200


def gone(settings):
    nowhere = {"LOCATION": "redis://127.0.0.1:9/0"}
    return {name: cache | nowhere for name, cache in settings.CACHES.items()}


@pytest.mark.parametrize("kind", ["list", "detail"])
def test_without_redis_every_answer_is_made(api, world, settings, kind):
    path = address(world, "team", kind)
    with override_settings(CACHES=gone(settings)):
        for name in ("One", "Two"):
            write = world.organiser_api.patch(f"/api/teams/{world.team.pk}/", {"name": name})
            assert write.status_code == 200
            answer, queries = queries_of(api, path)
            assert (answer.status_code, queries) == (200, 1)
            assert name.encode() in answer.content
        told = api.get(path, headers={"If-None-Match": answer["ETag"]})
    assert told.status_code == 304


def test_switched_off_nothing_is_kept(api, world, settings):
    settings.RESPONSE_CACHE = False

    for _ in range(3):
        answer, queries = queries_of(api, "/api/games/")
        assert queries == 1
    assert answers() == []
    told = api.get("/api/games/", headers={"If-None-Match": answer["ETag"]})
    assert told.status_code == 304


def test_a_kept_answer_is_not_for_a_token_that_is_not_valid(api, world):
    keep("/api/games/")
    api.credentials(HTTP_AUTHORIZATION="Bearer x.y.z")

    assert api.get("/api/games/").status_code == 401


def test_what_is_for_members_is_never_kept(api, member_api, staff_api, member):
    for path in ("/api/users/", "/api/users/me/", f"/api/users/{member.pk}/"):
        for client in (member_api, staff_api, member_api):
            answer = client.get(path)
            assert answer.status_code == 200
            assert "ETag" not in answer
        assert api.get(path).status_code == 401
    assert answers() == []


def test_what_is_kept_has_nothing_of_who_asked(world, api, sign_in):
    callers = [api, sign_in(UserFactory()), world.organiser_api, sign_in(StaffFactory())]
    # An event's is kept for nobody alone: tests/events/test_caching.py
    for of in CACHED.keys() - {"event"}:
        for kind in ("list", "detail"):
            path = address(world, of, kind)
            made = set()
            for client in callers:
                cache.clear()
                made.add(client.get(path).content)
            assert len(made) == 1


def a_value_for_each(filterset):
    """Answer a query for each filter of the set, and of each ordering."""
    for name, filter_ in filterset.shared().filters.items():
        if isinstance(filter_, IntegerFilter):
            yield f"{name}=1"
        elif isinstance(filter_, DateTimeFilter):
            yield f"{name}=2026-01-01T00:00:00Z"
        else:
            choices = [value for value, _ in filter_.extra.get("choices", [])]
            yield from (f"{name}={value}" for value in [*choices, "true"])


@pytest.mark.parametrize("of", CACHED)
def test_an_answer_is_kept_on_all_the_tables_that_it_is_read_from(api, world, of):
    viewset = CACHED[of]
    queries = ["", "page=last", "count=exact", *a_value_for_each(viewset.filterset_class)]
    paths = [f"{address(world, of, 'list')}?{query}" for query in queries]

    with CaptureQueriesContext(connection) as asked:
        for path in [address(world, of, "detail"), *paths]:
            api.get(path)

    read = {
        table
        for query in asked
        for table in re.findall(r'(?:FROM|JOIN|,) "(\w+)"(?! ?\.)', query["sql"])
    }
    assert read == {model._meta.db_table for model in viewset.cached_on}


def test_only_what_anyone_may_read_is_kept():
    for viewset in CACHED.values():
        request = SimpleNamespace(method="GET", user=None)
        view = viewset(action="list")
        assert all(p.has_permission(request, view) for p in view.get_permissions())
