"""What a bracket of 256 teams costs beside one of 8, and a list of series where there are many."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from random import Random
from statistics import median
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import psycopg

from app.tournaments.bracket import swiss
from app.tournaments.bracket.build import build
from app.tournaments.bracket.resolution import resolve
from app.tournaments.bracket.structure import Bracket, Key, Kind, Result, Rules
from tests.benchmarks import databases
from tests.benchmarks.cases import Ask, Case
from tests.benchmarks.contestants import Servers, Worker
from tests.benchmarks.events import Request
from tests.benchmarks.harness import Figures, say, turns
from tests.benchmarks.roster import GUILDHALL
from tests.benchmarks.season import SCORE, Season, series_of
from tests.benchmarks.worker import timed

FEW = 1_000
MANY = 100_000
SMALL, LARGE = 8, 256
HALF = 2  # rounds of both brackets
ROUNDS = 10
# Of each case in a round.
REQUESTS = 2
# Each request that changes a tournament has one of its own; two come before the first round.
COPIES = 2 + ROUNDS * REQUESTS
PAGE = 20

ENGINE = {
    "draw": f"draw a double elimination of {LARGE} teams",
    "resolve": "resolve it once all is played",
    "pair": f"pair the last Swiss round of {LARGE} teams",
}
BRACKETS = {
    "start": "start a tournament",
    "captain": "report a series, as a captain",
    "confirm": "confirm it, as the other captain",
    "report": "report a series, as the organiser",
    "page": "the bracket, half played",
    "new page": "the bracket, just drawn",
    "picture": "its picture, half played",
}
LISTS = {
    "series": "series, page 1",
    "in one": "those of a tournament",
    "by team": "those of a team",
    "ready": "those that can be played",
    "disputed": "the few that are disputed",
    "changes": "a tournament's changes",
}


class Drawn(NamedTuple):
    """Tournaments of so many teams: not started, and half played with and without an organiser."""

    teams: int
    first: int
    """One that is half played and stays so."""
    announced: list[int]
    running: list[int]
    captained: list[int]


Entrants: TypeAlias = dict[str, tuple[Worker, dict[str, Case]]]
"""By size who is asked, and what."""


def measure(servers: Servers, many: int) -> Figures:
    """Answer by case the medians in microseconds: of `few` series and of `many`, or of a `small`
    and a `large` bracket. With them are the `statements` and the `bytes` of the larger.

    What the engine does is in milliseconds. `whole` is how many statements read a whole table.
    """
    figures: Figures = {"whole": 0, **_of_engine()}
    with ExitStack() as stack:
        lists: Entrants = {}
        for size, series in {"few": FEW, "many": many}.items():
            say(f"{series:,} series")
            database = databases.create(servers.postgresql, f"series_{size}", GUILDHALL.schema)
            # What is not in the log yet, VACUUM does not take for done.
            options = "-c synchronous_commit=on"
            connection = psycopg.connect(database, autocommit=True, options=options)
            season = Season(stack.enter_context(connection))
            worker = stack.enter_context(_worker(servers, database))
            fill = _fill(season, worker.ask, series)
            lists[size] = worker, {case.name: case for case in lists_of(season, fill)}
            connection.execute("VACUUM ANALYZE")
        _compare(lists, figures)
        # Those are where there are many.
        brackets: Entrants = {}
        for size, teams in {"small": SMALL, "large": LARGE}.items():
            say(f"brackets of {teams}")
            worker = stack.enter_context(_worker(servers, database))
            drawn = _draw(season, worker.ask, teams)
            brackets[size] = worker, {case.name: case for case in cases_of(season, drawn)}
            connection.execute("VACUUM ANALYZE")
        _compare(brackets, figures)
    return figures


def _compare(entrants: Entrants, figures: Figures) -> None:
    for worker, cases in entrants.values():
        for case in cases.values():
            case.verify(worker.ask)
    # Those of the last, which is the larger.
    for name, case in cases.items():
        explained = worker.explain(case, 1)
        for statement in explained["whole"]:
            say(f"{case.title}: a whole table is read by {statement}")
        figures["whole"] += len(explained["whole"])
        figures[name] = {kind: explained[kind] for kind in ("statements", "bytes")}
    for number in range(ROUNDS):
        numbers = range(2 + number * REQUESTS, 2 + (number + 1) * REQUESTS)
        for name in cases:
            # Those that are compared follow each other.
            for worker, asked in turns(list(entrants.values()), number):
                worker.time(asked[name], numbers)
    for size, (worker, _) in entrants.items():
        for name, walls in worker.contestant.walls.items():
            figures[name][size] = median(walls) / 1e3


def _fill(season: Season, ask: Ask, series: int) -> int:
    """Make so many series that are over, and some after them that are not; answer a tournament."""
    over, running = (season.announce(ask, SMALL) for _ in range(2))
    season.play(ask, over)
    season.copy(over, series // series_of(SMALL))
    season.play(ask, running, HALF)
    season.copy(running, 10)
    season.dispute()
    season.enrol(series // 10, over)
    return over


def _worker(servers: Servers, database: str) -> Worker:
    worker = Worker(servers.enter(GUILDHALL, database))
    worker.tell(additions=["tests.benchmarks.tasks"])
    return worker


def _draw(season: Season, ask: Ask, teams: int) -> Drawn:
    first = season.announce(ask, teams)
    announced = season.copy(first, COPIES)
    season.play(ask, first, HALF)
    running, captained = season.copy(first, COPIES), season.copy(first, COPIES)
    # Its organiser would report for good.
    season.leave(captained)
    return Drawn(teams, first, announced, running, captained)


def _of_engine() -> Figures:
    """Answer what it takes without Django and a database, in milliseconds."""
    double, rules = Rules(Kind.DOUBLE_ELIMINATION), Rules(Kind.SWISS)
    bracket = build(double, LARGE)
    results, rounds = _played(bracket), _played(build(rules, LARGE))
    last = max(key.round for key in rounds)
    before = [
        [result for key, result in rounds.items() if key.round == number]
        for number in range(1, last)
    ]
    field = swiss.players(range(1, LARGE + 1), before, rules)
    measured: dict[str, Callable[[], Any]] = {
        "draw": lambda: resolve(build(double, LARGE), {}),
        "resolve": lambda: resolve(bracket, results),
        "pair": lambda: swiss.pair(field),
    }
    return {
        name: {"ms": median(timed(function)[1] for _ in range(ROUNDS)) / 1e6}
        for name, function in measured.items()
    }


def _played(bracket: Bracket) -> dict[Key, Result]:
    """Let chance decide each series, the same each time."""
    random, results = Random(LARGE), dict[Key, Result]()
    while True:
        states = resolve(bracket, results).states
        ready = [key for key, state in states.items() if state.is_ready]
        if not ready:
            return results
        for key in ready:
            a, b = states[key].a or 0, states[key].b or 0
            won = random.random() < 0.5
            results[key] = Result(a, b, int(won), int(not won), a if won else b)


def cases_of(season: Season, drawn: Drawn) -> Iterator[Case]:
    """Answer what is asked of those tournaments, of each only once if it changes them."""

    def started(body: Any) -> bool:
        return body["tournament"]["status"] == "running" and not body["warnings"]

    def reported(body: Any) -> bool:
        return (body["status"], body["reported_score_a"]) == ("reported", SCORE["score_a"])

    def finished(body: Any) -> bool:
        return (body["status"], body["winner_id"]) == ("finished", body["team_a"]["id"])

    def shown(body: Any) -> bool:
        rounds = [each for section in body["sections"] for each in section["rounds"]]
        series = sum(len(each["series"]) for each in rounds)
        return (len(body["teams"]), series) == (drawn.teams, series_of(drawn.teams))

    running, captained = (list(map(season.ready, each)) for each in drawn[-2:])
    reported_already = [ready[-1] for ready in captained]
    season.report(reported_already)
    half, new = (f"/api/tournaments/{each}/" for each in (drawn.first, drawn.announced[0]))
    picture = Request(f"{half}bracket.svg", accept="image/*")
    starts = [f"/api/tournaments/{each}/start/" for each in drawn.announced]
    reports = [f"/api/series/{ready[0]}/report/" for ready in captained]
    confirmations = [f"/api/series/{each}/confirm/" for each in reported_already]
    own = [f"/api/series/{ready[0]}/report/" for ready in running]
    yield _case("start", [_post(path) for path in starts], started)
    yield _case("captain", [_post(path, SCORE) for path in reports], reported)
    yield _case("confirm", [_post(path) for path in confirmations], finished)
    yield _case("report", [_post(path, SCORE) for path in own], finished)
    yield _case("page", [Request(f"{half}bracket/")], shown)
    yield _case("new page", [Request(f"{new}bracket/")], shown)
    yield _case("picture", [picture], lambda body: body.startswith(b"<svg"))


def lists_of(season: Season, tournament: int) -> Iterator[Case]:
    """Answer what is asked of the series, of which one of that tournament's teams plays some."""

    def listed(name: str, path: str, table: str, where: str = "true", order: str = "id") -> Case:
        found = season.ids(f"SELECT id FROM {table} WHERE {where} ORDER BY {order}")

        def is_right(body: Any) -> bool:
            ids = [row["id"] for row in body["results"]]
            counted = body["count"] == len(found) or "count_is_estimate" in body
            return counted and ids == found[:PAGE]

        path, _, query = path.partition("?")
        request = Request(path, query=dict(parse_qsl(query)), signed_in=True)
        return _case(name, [request], is_right)

    series, own = "tournaments_series", f"tournament_id = {tournament}"
    [team, *_] = season.ids(f"SELECT id FROM tournaments_team WHERE {own} ORDER BY id")
    path = "/api/series/"
    yield listed("series", path, series)
    yield listed("in one", f"{path}?tournament={tournament}", series, own)
    yield listed("by team", f"{path}?team={team}", series, f"{team} IN (team_a_id, team_b_id)")
    for status in ("ready", "disputed"):
        yield listed(status, f"{path}?status={status}", series, f"status = '{status}'")
    changes = f"/api/tournaments/{tournament}/changes/"
    yield listed("changes", changes, "tournaments_bracketchange", own, "id DESC")


def _post(path: str, body: Any = None) -> Request:
    return Request(path, "POST", body=body, signed_in=True)


def _case(name: str, requests: Sequence[Request], is_right: Callable[[Any], bool]) -> Case:
    def verify(ask: Ask) -> None:
        status, body = ask(requests[0])
        assert status == 200, body
        assert is_right(body), body

    titles = BRACKETS | LISTS
    return Case(name, titles[name], lambda number: requests[number % len(requests)], verify)
