"""What matches cost to store, and to ask for where there are ten million rows of players."""

import json
import subprocess
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, TypeVar

import psycopg

from tests.benchmarks import databases
from tests.benchmarks.archive import (
    APART,
    CUPS,
    GAMES,
    MEMBER_ACCOUNT,
    OLD_HERO,
    PLAYED,
    REGULARS,
    Archive,
)
from tests.benchmarks.cases import Ask, Case
from tests.benchmarks.contestants import ROOT, Contestant, Servers, Worker
from tests.benchmarks.events import Request
from tests.benchmarks.harness import Figures, say, turns
from tests.benchmarks.roster import GUILDHALL

T = TypeVar("T")

# Rows of players, ten to a match.
FEW = 100_000
MANY = 10_000_000
FEW_MEMBERS = 5_000
ROUNDS = 20
# Of each case in a round.
REQUESTS = 4
SYNC_ROUNDS = 3
PAGE = 20
PEERS = 20
MATCHES = "/api/steam/matches/"

LISTS = {
    "list": "matches, page 1",
    "deep": "the page in the middle, by its cursor",
    "member": "a member's",
    "retired": "those of a member who has stopped",
    "hero": "members' on a hero",
    "old hero": "on a hero whom nobody plays any more",
    "own hero": "a member's on a hero",
    "since": "of the last day",
    "future": "of the future",
    "lobby": "of the commonest kind of lobby",
    "rare lobby": "of the rarest kind of lobby",
    "mode": "of the commonest mode",
    "rare mode": "of the rarest mode",
    "unavailable": "the few without details",
    "pending": "those still to be fetched",
    "tournament": f"the {GAMES} of a tournament",
    "hero lobby": "on a hero, in the rarest kind of lobby",
    "member since": "a member's since their tenth before the last",
    "member lobby": "a member's in the commonest kind of lobby",
    "one": "one match in full",
    "player": "a player's page",
}
STEPS = {
    "members": "give out 1,000 members who are due",
    "pending": "give out 120 pending matches",
    "unasked": "give out 10 matches to OpenDota",
    "check": "note a check of 50 members",
    "new page": "note a page of 100 new matches",
    "known page": f"note a page of {PLAYED} known matches",
    "store": "store 100 matches",
    "adopt": f"follow a new member, {PLAYED} of whose matches are there",
    "reconcile": "see whether anybody has linked an account, or unlinked one",
    "leave": "the same, and one has unlinked",
}
# They see to every member, as nothing tells which of them has changed.
OF_ALL = {"reconcile", "leave"}
# What is common is found soonest without an index.
COMMON = {"lobby", "mode"}
# It stays so small that PostgreSQL reads it whole.
SMALL = "steam_hero"


def measure(servers: Servers, many: int) -> Figures:
    """Answer by case the medians in microseconds, of `few` rows and of `many`, and the latter's
    `statements`, `bytes` and `indexes`; by the sync's step the same under `sync`.

    `ingest` has what a hundred matches cost to store in an empty database, and `sizes` the
    megabytes of the tables where there are many. `whole` is how many statements read a whole table
    there.
    """
    figures: Figures = {"whole": 0, **{name: {} for name in LISTS}}
    say("storing matches")
    figures["ingest"] = _run(servers.enter(GUILDHALL), "ingestion")
    with ExitStack() as stack:
        entrants: dict[str, tuple[Worker, dict[str, Case]]] = {}
        for size, rows in {"few": FEW, "many": many}.items():
            say(f"{rows:,} rows of players")
            database = databases.create(servers.postgresql, f"matches_{size}", GUILDHALL.schema)
            contestant = servers.enter(GUILDHALL, database)
            archive = stack.enter_context(_archive(contestant, rows))
            worker = stack.enter_context(Worker(contestant))
            cases = {case.name: case for case in cases_of(archive)}
            for case in cases.values():
                case.verify(worker.ask)
            entrants[size] = worker, cases
        figures["sizes"] = archive.sizes()
        _explain(worker, cases, figures)
        for number in range(ROUNDS):
            for name in LISTS:
                # Few and many follow each other, as they are compared.
                for size in turns(list(entrants), number):
                    worker, cases = entrants[size]
                    worker.time(cases[name], range(number * REQUESTS, (number + 1) * REQUESTS))
    for size, (worker, _) in entrants.items():
        for name, walls in worker.contestant.walls.items():
            figures[name][size] = median(walls) / 1e3
    figures["sync"] = _sync({size: worker.contestant for size, (worker, _) in entrants.items()})
    for name, step in figures["sync"].items():
        if name not in OF_ALL:
            figures["whole"] += _say_whole(STEPS[name], step["whole"])
    return figures


def _sync(contestants: Mapping[str, Contestant]) -> Figures:
    walls: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in range(SYNC_ROUNDS):
        say(f"the sync, {number + 1} of {SYNC_ROUNDS}")
        for size in turns(list(contestants), number):
            steps = _run(contestants[size], "syncing", "time")
            for name, step in steps.items():
                walls[name, size] += step.pop("walls")
            if size == "many":
                figures: Figures = steps
    for (name, size), taken in walls.items():
        figures[name][size] = median(taken) / 1e3
    return figures


def _run(contestant: Contestant, module: str, *arguments: str) -> Any:
    """Run one of the modules that work under Guildhall's settings; answer what it prints."""
    done = subprocess.run(
        [contestant.peer.python, "-m", f"tests.benchmarks.{module}", *arguments],
        cwd=ROOT,
        env=contestant.environment | {"DJANGO_SETTINGS_MODULE": contestant.peer.schema},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@contextmanager
def _archive(contestant: Contestant, rows: int) -> Iterator[Archive]:
    _run(contestant, "syncing", "begin")
    # What is not in the log yet, VACUUM does not take for done.
    options = "-c synchronous_commit=on"
    database = contestant.environment["DATABASE_URL"]
    with psycopg.connect(database, autocommit=True, options=options) as connection:
        members = max(FEW_MEMBERS, rows // 100)
        archive = Archive(connection, rows // 10, members, datetime.now(UTC))
        archive.fill()
        connection.execute("ANALYZE")
        _run(contestant, "syncing", "sum")
        connection.execute("VACUUM ANALYZE")
        yield archive


def _explain(worker: Worker, cases: Mapping[str, Case], figures: Figures) -> None:
    for name, case in cases.items():
        explained = worker.explain(case)
        if name not in COMMON:
            figures["whole"] += _say_whole(case.title, explained["whole"])
        figures[name] = {kind: explained[kind] for kind in ("statements", "bytes", "indexes")}


def _say_whole(title: str, read: Mapping[str, Sequence[str]]) -> int:
    statements = [statement for statement, tables in read.items() if {*tables} - {SMALL}]
    for statement in statements:
        say(f"{title}: a whole table is read by {statement}")
    return len(statements)


def cases_of(archive: Archive) -> Iterator[Case]:
    """Answer what anybody asks there. What is right is asked of the database, as plainly as can
    be.
    """
    yield from _of_all(archive)
    yield from _of_some(archive)
    yield from _of_one(archive)


def _of_all(archive: Archive) -> Iterator[Case]:
    yield _listed(archive, "list", [{}], ["true"])
    middle = archive.before + archive.matches // 2
    positions = [middle + step * 20 for step in range(25)]
    yield _listed(
        archive,
        "deep",
        [{"cursor": b64encode(f"p={position}".encode()).decode()} for position in positions],
        [f"match_id < {position}" for position in positions],
    )
    moments = [archive.now - timedelta(days=1) + step * APART for step in range(25)]
    for name, later in (("since", timedelta()), ("future", timedelta(days=365))):
        yield _listed(
            archive,
            name,
            [{"since": (moment + later).isoformat()} for moment in moments],
            [f"start_time >= '{moment + later}'" for moment in moments],
        )
    for name, query, column, value in (
        ("lobby", "lobby", "lobby_type", 7),
        ("rare lobby", "lobby", "lobby_type", 1),
        ("mode", "game_mode", "game_mode", 22),
        ("rare mode", "game_mode", "game_mode", 2),
        ("unavailable", "state", "state", "unavailable"),
        ("pending", "state", "state", "pending"),
    ):
        yield _listed(archive, name, [{query: f"{value}"}], [f"{column} = '{value}'"])
    yield _listed(
        archive,
        "tournament",
        [{"tournament": f"{cup}"} for cup in range(1, CUPS + 1)],
        [
            f"match_id IN (SELECT match_id FROM tournaments_game WHERE tournament_id = {cup})"
            for cup in range(1, CUPS + 1)
        ],
    )


def _of_some(archive: Archive) -> Iterator[Case]:
    """Answer what is asked of regulars, who have played as often wherever they are, and of the
    heroes that all have most.
    """
    regulars = _spread(range(archive.first, archive.first + REGULARS))
    played = {
        member: archive.rows(f"""
            SELECT match_id, start_time, hero_id FROM steam_matchplayer
            JOIN steam_match USING (match_id) WHERE member_id = {member} ORDER BY match_id DESC
        """)
        for member in regulars
    }
    heroes = archive.ids("""
        SELECT hero_id FROM steam_matchplayer WHERE member_id IS NOT NULL
        GROUP BY hero_id ORDER BY count(*) DESC LIMIT 25
    """)

    def by(where: str) -> str:
        return f"match_id IN (SELECT match_id FROM steam_matchplayer WHERE {where})"

    on_heroes = [by(f"member_id IS NOT NULL AND hero_id = {hero}") for hero in heroes]
    of_members = [by(f"member_id = {member}") for member in regulars]
    members = [{"member": f"{member}"} for member in regulars]
    own = {member: rows[0][2] for member, rows in played.items()}
    tenth = [rows[10][1] for rows in played.values()]

    yield _listed(archive, "member", members, of_members)
    yield _listed(archive, "hero", [{"hero": f"{hero}"} for hero in heroes], on_heroes)
    retired = archive.first + REGULARS
    yield _listed(archive, "retired", [{"member": f"{retired}"}], [by(f"member_id = {retired}")])
    yield _listed(archive, "old hero", [{"hero": f"{OLD_HERO}"}], [by(f"hero_id = {OLD_HERO}")])
    yield _listed(
        archive,
        "own hero",
        [{"member": f"{member}", "hero": f"{hero}"} for member, hero in own.items()],
        [by(f"member_id = {member} AND hero_id = {hero}") for member, hero in own.items()],
    )
    yield _listed(
        archive,
        "hero lobby",
        [{"hero": f"{hero}", "lobby": "1"} for hero in heroes],
        [f"{found} AND lobby_type = 1" for found in on_heroes],
    )
    yield _listed(
        archive,
        "member since",
        [one | {"since": since.isoformat()} for one, since in zip(members, tenth, strict=True)],
        [
            f"{found} AND start_time >= '{since}'"
            for found, since in zip(of_members, tenth, strict=True)
        ],
    )
    yield _listed(
        archive,
        "member lobby",
        [one | {"lobby": "7"} for one in members],
        [f"{found} AND lobby_type = 7" for found in of_members],
    )


def _of_one(archive: Archive) -> Iterator[Case]:
    def match_is_right(body: Any, match_id: int) -> None:
        rows = archive.rows(f"""
            SELECT player_slot, hero_id, won FROM steam_matchplayer
            WHERE match_id = {match_id} ORDER BY player_slot
        """)
        players = [(one["player_slot"], one["hero_id"], one["won"]) for one in body["players"]]
        assert (body["match_id"], players) == (match_id, rows), body

    stored = range(archive.before + 1, archive.before + archive.matches - 1_000)
    some = archive.ids(f"""
        SELECT match_id FROM steam_match
        WHERE state = 'stored' AND match_id = ANY(ARRAY{[*_spread(stored)]})
    """)
    requests = [Request(f"{MATCHES}{match_id}/") for match_id in some]
    yield _case("one", match_is_right, requests, some)

    def player_is_right(body: Any, member: int) -> None:
        [summed] = archive.rows(f"""
            SELECT count(*), count(*) FILTER (WHERE won), max(start_time)
            FROM steam_matchplayer JOIN steam_match USING (match_id)
            WHERE member_id = {member} AND state = 'stored'
        """)
        record = body["record"]
        last = datetime.fromisoformat(record["last_played_at"])
        assert (record["games"], record["wins"], last) == summed, body
        heroes = archive.rows(f"""
            SELECT hero_id, count(*) FROM steam_matchplayer
            WHERE member_id = {member} AND won IS NOT NULL GROUP BY hero_id ORDER BY 2 DESC, 1
        """)
        assert [(one["hero_id"], one["games"]) for one in body["heroes"]] == heroes, body
        for name, same in (("with", "="), ("against", "!=")):
            peers = archive.rows(f"""
                SELECT peer.member_id, count(*)
                FROM steam_matchplayer own JOIN steam_matchplayer peer USING (match_id)
                WHERE own.member_id = {member} AND peer.member_id != {member}
                    AND own.won IS NOT NULL AND own.is_radiant {same} peer.is_radiant
                GROUP BY peer.member_id ORDER BY 2 DESC, 1 LIMIT {PEERS}
            """)
            assert [(one["member"]["id"], one["games"]) for one in body[name]] == peers, body

    numbers = _spread(range(REGULARS))
    yield _case(
        "player",
        player_is_right,
        [Request(f"/api/steam/players/{MEMBER_ACCOUNT + number}/") for number in numbers],
        [archive.first + number for number in numbers],
    )


def _listed(
    archive: Archive, name: str, queries: Sequence[dict[str, str]], wheres: Sequence[str]
) -> Case:
    """Make a case of lists, each of which has the newest matches of which that is true."""

    def is_right(body: Any, where: str) -> None:
        found = archive.rows(f"""
            SELECT match_id, ARRAY(
                SELECT player.member_id::int FROM steam_matchplayer player
                WHERE player.match_id = found.match_id AND player.member_id IS NOT NULL
                ORDER BY player_slot)
            FROM steam_match found WHERE {where} ORDER BY match_id DESC LIMIT {PAGE + 1}
        """)
        shown = [
            (row["match_id"], [player["member"]["id"] for player in row["members"]])
            for row in body["results"]
        ]
        assert shown == found[:PAGE], body
        assert bool(body["next"]) == (len(found) > PAGE), body

    return _case(name, is_right, [Request(MATCHES, query=query) for query in queries], wheres)


def _case(
    name: str,
    is_right: Callable[[Any, T], None],
    requests: Sequence[Request],
    expected: Sequence[T],
) -> Case:
    """Make a case of the requests in turn, and of what makes the answer to each a right one."""

    def verify(ask: Ask) -> None:
        for request, right in zip(requests, expected, strict=True):
            status, body = ask(request)
            assert status == 200, body
            is_right(body, right)

    return Case(name, LISTS[name], lambda number: requests[number % len(requests)], verify)


def _spread(items: Sequence[T]) -> Sequence[T]:
    """Take some from all over: what is compared is not whether they still lie in memory."""
    return items[:: max(1, len(items) // 25)]
