"""Runs the peers in turns, and brings home the figures."""

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median, quantiles
from typing import Any, TypeAlias, TypeVar

import psycopg

from tests.benchmarks.cases import CASES, PAGE, writes_show
from tests.benchmarks.contestants import Contestant, Servers, Worker
from tests.benchmarks.roster import GUILDHALL

COLD_ROUNDS = 11
# Of each case in a round. Short turns, so that what else the machine does falls on all alike.
REQUESTS = 10
# Of each case, after which the connections are counted.
WARM_UP = 50
# Of all cases together, after which the memory is read.
MEMORY_AFTER = (1_000, 20_000)

Figures: TypeAlias = dict[str, Any]
T = TypeVar("T")


def measure(servers: Servers, rounds: int) -> dict[str, Figures]:
    """Answer the figures of each peer by its name: microseconds, megabytes and counts."""
    contestants = [servers.enter(peer) for peer in servers.peers]
    figures: dict[str, Figures] = {peer.name: {} for peer in servers.peers}
    say("cold starts")
    _measure_cold(contestants, figures)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(contestant)) for contestant in contestants]
        for worker in workers:
            say(f"verifying and warming up {worker.contestant.peer.name}")
            _warm_up(worker, figures[worker.contestant.peer.name])
        say(f"{rounds} rounds")
        _measure_warm(workers, rounds, figures)
    for contestant in contestants:
        say(f"counting the calls of {contestant.peer.name}")
        _count_calls(contestant, figures[contestant.peer.name])
    say(f"{MEMORY_AFTER[-1]:,} requests for the memory")
    _measure_memory(contestants[servers.peers.index(GUILDHALL)], figures[GUILDHALL.name])
    return figures


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def turns(items: Sequence[T], number: int) -> Sequence[T]:
    """Answer the items in the order of the number-th round, as being first may be an advantage."""
    return items[::-1] if number % 2 else items


def _measure_cold(contestants: Sequence[Contestant], figures: dict[str, Figures]) -> None:
    taken: dict[str, list[dict[str, float]]] = defaultdict(list)
    # The first round, which compiles the bytecode, is not counted.
    for number in range(COLD_ROUNDS + 1):
        for contestant in turns(contestants, number):
            with Worker(contestant) as worker:
                first, imported = worker.serve(PAGE, [number]), worker.imported
            if number:
                taken[contestant.peer.name].append(
                    {
                        "wall": (imported["wall"] + first["wall"][0]) / 1e6,
                        "processor": (imported["processor"] + first["processor"][0]) / 1e6,
                        "import": imported["wall"] / 1e6,
                        "memory": first["resident"] / 2**20,
                    }
                )
    for peer, starts in taken.items():
        figures[peer]["cold"] = {
            name: median(start[name] for start in starts) for name in starts[0]
        }


def _warm_up(worker: Worker, figures: Figures) -> None:
    figures["python"] = worker.imported["python"]
    worker.add()
    for case in CASES:
        case.verify(worker.ask)
    if worker.contestant.peer.shows_writes:
        writes_show(worker.ask)
    for case in CASES:
        worker.serve(case, range(WARM_UP))
    figures["connections"] = _count_connections(worker.contestant.environment["DATABASE_URL"])


def _count_connections(database: str) -> int:
    # A backend that was told to go takes a moment.
    time.sleep(0.5)
    with psycopg.connect(database) as connection:
        row = connection.execute(
            # Not the autovacuum's workers, which are listed beside the clients.
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid != pg_backend_pid()"
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def _measure_warm(workers: Sequence[Worker], rounds: int, figures: dict[str, Figures]) -> None:
    for number in range(rounds):
        numbers = range(number * REQUESTS, (number + 1) * REQUESTS)
        for case in CASES:
            for worker in turns(workers, number):
                worker.time(case, numbers)
    for contestant in (worker.contestant for worker in workers):
        for case in CASES:
            walls = contestant.walls[case.name]
            figures[contestant.peer.name][case.name] = {
                "median": median(walls) / 1e3,
                "p99": quantiles(walls, n=100, method="inclusive")[98] / 1e3,
                "processor": median(contestant.processors[case.name]) / 1e3,
            }


def _count_calls(contestant: Contestant, figures: Figures) -> None:
    # In a process of its own: counting is slow, and cannot begin once there are threads.
    with Worker(contestant) as worker:
        worker.add()
        worker.tell(count_calls=True)
        for case in CASES:
            worker.serve(case, range(REQUESTS))
            figures[case.name]["calls"] = worker.serve(case, [REQUESTS])["calls"]


def _measure_memory(contestant: Contestant, figures: Figures) -> None:
    with Worker(contestant) as worker:
        worker.add()
        requests = 0
        for most in MEMORY_AFTER:
            while requests < most:
                for case in CASES:
                    served = worker.serve(case, range(requests, requests + REQUESTS))
                    requests += REQUESTS
            figures.setdefault("memory", {})[f"{most}"] = served["resident"] / 2**20
    least, most = (figures["memory"][f"{requests}"] for requests in MEMORY_AFTER)
    figures["memory"]["growth"] = most - least
