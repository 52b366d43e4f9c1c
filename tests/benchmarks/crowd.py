"""What a request costs where a million have registered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any, TypeAlias, TypeVar

import psycopg

from tests.benchmarks import databases
from tests.benchmarks.cases import Ask, Case
from tests.benchmarks.community import COMMON, LASTING, RARE, Community
from tests.benchmarks.contestants import Servers, Worker
from tests.benchmarks.events import Request
from tests.benchmarks.harness import Figures, say, turns
from tests.benchmarks.roster import GUILDHALL

T = TypeVar("T")
Counts: TypeAlias = dict[int, tuple[int, int]]
"""Of each event, how many are registered and how many wait."""

FEW = 10_000
MANY = 1_000_000
ROUNDS = 20
# Of each case in a round.
REQUESTS = 4
PAGE = 20
# A search finds so many of each kind.
FOUND = 1_000

TITLES = {
    "list": "events, page 1",
    "own list": "the same, signed in",
    "ten": "those published of ten in a row",
    "half a year": "those published of half a year",
    "mine": "those that one organises or comes to",
    "words": "those with a rare word",
    "dashboard": "the dashboard",
    "one": "one event",
    "registrations": "its registrations",
    "register": "register, last in line",
    "leave": "leave again",
    "search": "search for a rare word",
    "prefix": "search for its beginning, signed in",
    "common": "search for a common word",
}
EVENTS = "/api/events/"


def measure(servers: Servers, many: int) -> Figures:
    """Answer by case the medians in microseconds, of `few` registrations and of `many`.

    `whole` is how many statements read a whole table where there are many.
    """
    sizes = {"few": FEW, "many": many}
    figures: Figures = {name: {} for name in TITLES}
    with ExitStack() as stack:
        entrants: dict[str, tuple[Worker, dict[str, Case]]] = {}
        for size, registrations in sizes.items():
            say(f"{registrations:,} registrations")
            database = databases.create(servers.postgresql, f"crowd_{size}", GUILDHALL.schema)
            worker = stack.enter_context(Worker(servers.enter(GUILDHALL, database)))
            # What is not in the log yet, VACUUM does not take for done.
            options = "-c synchronous_commit=on"
            with psycopg.connect(database, autocommit=True, options=options) as connection:
                crowd = Community(connection, datetime.now(UTC) - LASTING / 2, registrations // 100)
                crowd.fill()
                connection.execute("VACUUM ANALYZE")
                cases = {case.name: case for case in cases_of(crowd)}
                for case in cases.values():
                    case.verify(worker.ask)
            entrants[size] = worker, cases
        figures["whole"] = _count_whole(worker, cases)
        for number in range(ROUNDS):
            for name in TITLES:
                # Few and many follow each other, as they are compared.
                for size in turns(list(sizes), number):
                    worker, cases = entrants[size]
                    worker.time(cases[name], range(number * REQUESTS, (number + 1) * REQUESTS))
    for size, (worker, _) in entrants.items():
        for name, walls in worker.contestant.walls.items():
            figures[name][size] = median(walls) / 1e3
    return figures


def _count_whole(worker: Worker, cases: Mapping[str, Case]) -> int:
    count = 0
    for name, case in cases.items():
        for statement in worker.explain(case)["whole"]:
            # What is common is found soonest without an index.
            if name != "common":
                say(f"{case.title}: a whole table is read by {statement}")
                count += 1
    return count


def cases_of(crowd: Community) -> Iterator[Case]:
    """Answer what the first member and nobody ask there, in an order in which all is right.

    To leave undoes what to register does. What is right is asked of the database, as plainly as
    can be.
    """
    yield from _of_events(crowd)
    yield from _of_one_event(crowd)
    yield from _of_words(crowd)


def _of_events(crowd: Community) -> Iterator[Case]:
    is_right = partial(_page_is_right, _counts(crowd))
    mine = f"""(created_by_id = {crowd.first} OR id IN (
        SELECT event_id FROM events_registration
        WHERE member_id = {crowd.first} AND status IN ('registered', 'waitlisted')))"""

    def found(where: str, *, by_first: bool = False) -> list[int]:
        shown = "status != 'draft'" + (f" OR created_by_id = {crowd.first}" if by_first else "")
        return crowd.ids(
            f"SELECT id FROM events_event WHERE ({shown}) AND {where} ORDER BY start_date, id"
        )

    def signed_in(path: str = EVENTS, **query: str) -> Request:
        return Request(path, query=query, signed_in=True)

    yield _case("list", is_right, [Request(EVENTS)], [found("true")])
    yield _case("own list", is_right, [signed_in()], [found("true", by_first=True)])
    yield _case("mine", is_right, [signed_in(mine="true")], [found(mine, by_first=True)])
    yield _case(
        "dashboard",
        is_right,
        [signed_in("/api/dashboard/events/")],
        [found(f"created_by_id = {crowd.first}", by_first=True)],
    )
    yield _case(
        "words", is_right, [Request(EVENTS, query={"q": RARE})], [found(f"title ~ '\\m{RARE}\\M'")]
    )
    start = crowd.since + LASTING / 4
    end = start + LASTING / 4
    published = f"status = 'published' AND start_date >= '{start}' AND end_date <= '{end}'"
    yield _case("half a year", is_right, [_published(start, end)], [found(published)])
    rows = crowd.rows(
        "SELECT id, status, start_date, end_date FROM events_event ORDER BY start_date"
    )
    runs = [rows[at : at + 10] for at in _spread(range(len(rows) - 10))]
    yield _case(
        "ten",
        is_right,
        [_published(run[0][2], run[-1][3]) for run in runs],
        [[row[0] for row in run if row[1] == "published"] for run in runs],
    )


def _of_one_event(crowd: Community) -> Iterator[Case]:
    counts = _counts(crowd)
    published = "SELECT id FROM events_event WHERE status = 'published' AND "

    def one_is_right(body: Any, event_id: int) -> None:
        assert body["id"] == event_id, body
        _counts_are_right(counts, body)

    some = _spread(crowd.ids(f"{published} true ORDER BY id"))
    yield _case("one", one_is_right, [Request(f"{EVENTS}{event_id}/") for event_id in some], some)

    def registrations_are_right(body: Any, event_id: int) -> None:
        rows = crowd.rows(f"""
            SELECT id, CASE WHEN status = 'waitlisted'
                THEN row_number() OVER (PARTITION BY status ORDER BY id) END
            FROM events_registration WHERE event_id = {event_id} ORDER BY id
        """)
        assert [(row["id"], row["position"]) for row in body["results"]] == rows, body
        assert body["count"] == crowd.each

    own = crowd.ids(f"{published} created_by_id = {crowd.first}")
    path, query = EVENTS + "{}/registrations/", {"page_size": str(crowd.each)}
    lists = [Request(path.format(event_id), query=query, signed_in=True) for event_id in own]
    yield _case("registrations", registrations_are_right, lists, own)

    def is_last_in_line(body: Any, event_id: int) -> None:
        assert (body["status"], body["position"]) == ("waitlisted", crowd.line + 1), body

    def has_left(body: Any, event_id: int) -> None:
        assert _counts(crowd)[event_id] == counts[event_id]

    others = _spread(
        crowd.ids(f"""
            {published} start_date > now() + interval '1 day' AND created_by_id != {crowd.first}
                AND id NOT IN (
                    SELECT event_id FROM events_registration WHERE member_id = {crowd.first})
            ORDER BY id
        """)
    )
    enter = [
        Request(f"{EVENTS}{event_id}/register/", "POST", signed_in=True) for event_id in others
    ]
    leave = [request._replace(method="DELETE") for request in enter]
    yield _case("register", is_last_in_line, enter, others, status=201)
    yield _case("leave", has_left, leave, others, status=204)


def _of_words(crowd: Community) -> Iterator[Case]:
    def found(kind: str, table: str, column: str, word: str) -> list[tuple[str, int]]:
        query = f"SELECT id FROM {table} WHERE {column} ~ '\\m{word}\\M' ORDER BY id DESC"
        return [(kind, row_id) for row_id in crowd.ids(query)]

    def is_right(body: Any, found: Sequence[tuple[str, int]]) -> None:
        assert [(row["type"], row["id"]) for row in body["results"]] == found[:PAGE], body
        assert body["count"] == min(len(found), FOUND)

    # All of them fit as well, so the newest are first.
    public = [
        *found("team", "tournaments_team", "name", RARE),
        *found("tournament", "tournaments_tournament", "name", RARE),
        *found("event", "events_event", "title", RARE),
    ]
    members = found("member", "accounts_user", "nickname", RARE)
    events = found("event", "events_event", "title", COMMON)
    request = Request("/api/search/")
    yield _case("search", is_right, [request._replace(query={"q": RARE})], [public])
    begun = request._replace(query={"q": RARE[:3]}, signed_in=True)
    yield _case("prefix", is_right, [begun], [public + members])
    yield _case("common", is_right, [request._replace(query={"q": COMMON})], [events])


def _case(
    name: str,
    is_right: Callable[[Any, T], None],
    requests: Sequence[Request],
    expected: Sequence[T],
    *,
    status: int = 200,
) -> Case:
    """Make a case of the requests in turn, and of what makes the answer to each a right one."""

    def verify(ask: Ask) -> None:
        for request, right in zip(requests, expected, strict=True):
            answered, body = ask(request)
            assert answered == status, body
            is_right(body, right)

    return Case(name, TITLES[name], lambda number: requests[number % len(requests)], verify, status)


def _published(start: datetime, end: datetime) -> Request:
    moments = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    return Request(EVENTS, query={"status": "published", **moments})


def _counts(crowd: Community) -> Counts:
    rows = crowd.rows("""
        SELECT event_id, count(*) FILTER (WHERE status = 'registered'),
            count(*) FILTER (WHERE status = 'waitlisted')
        FROM events_registration GROUP BY event_id
    """)
    return {event_id: (registered, waiting) for event_id, registered, waiting in rows}


def _page_is_right(counts: Counts, body: Any, found: Sequence[int]) -> None:
    assert body["count"] == len(found) or body["count_is_estimate"] is True, body
    assert [each["id"] for each in body["results"]] == found[:PAGE], body
    for each in body["results"]:
        _counts_are_right(counts, each)


def _counts_are_right(counts: Counts, answered: dict[str, Any]) -> None:
    assert (answered["registered_count"], answered["waitlist_count"]) == counts[answered["id"]]


def _spread(items: Sequence[T]) -> Sequence[T]:
    """Take some from all over: what is compared is not whether they still lie in memory."""
    return items[:: max(1, len(items) // 25)]
