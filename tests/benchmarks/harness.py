"""Runs the peers in processes of their own, in turns, and brings home the figures."""

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self, TypeAlias, TypeVar

import psycopg
from psycopg import sql

from tests.benchmarks.cases import CASES, PAGE, Case
from tests.benchmarks.events import Request, event
from tests.benchmarks.peers import Peer

ROOT = Path(__file__).resolve().parents[2]
COLD_ROUNDS = 11
# Of each case in a round. Short turns, so that what else the machine does falls on all alike.
REQUESTS = 10
# Of all cases together, after which the connections are counted.
WARM_UP = 200

Figures: TypeAlias = dict[str, Any]
T = TypeVar("T")


class Worker:
    """A process with a peer's handler in it."""

    def __init__(self, contestant: "Contestant") -> None:
        self.process = subprocess.Popen(
            [contestant.python, "-m", "tests.benchmarks.worker"],
            cwd=ROOT,
            env=contestant.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.imported = self(handler=contestant.peer.handler)

    def __call__(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The worker has ended; what it said is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Contestant:
    """A peer with its database, and what has been measured of it so far, in nanoseconds."""

    peer: Peer
    python: str
    environment: dict[str, str]
    token: str
    walls: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    processors: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    figures: Figures = field(default_factory=dict)

    def ask(self, worker: Worker, request: Request) -> tuple[int, Any]:
        """Put one request, and answer the status and the parsed body."""
        response = worker(events=[event(request, self.token)])["last"]
        body = response["body"]
        return response["statusCode"], json.loads(
            b64decode(body) if response["isBase64Encoded"] else body
        )

    def serve(self, worker: Worker, case: Case, numbers: Sequence[int]) -> dict[str, Any]:
        served = worker(events=[event(case.request(number), self.token) for number in numbers])
        assert set(served["statuses"]) == {case.status}, served["last"]
        return served


def measure(server: str, python: str, peers: Sequence[Peer], rounds: int) -> dict[str, Figures]:
    """Measure the peers, run by that interpreter, on the PostgreSQL at the URL.

    Answers each one's figures by its name.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-bytecode-") as bytecode:
        contestants = [_prepare(server, python, peer, bytecode) for peer in peers]
        _say("cold starts")
        _measure_cold(contestants)
        with ExitStack() as stack:
            workers = [stack.enter_context(Worker(contestant)) for contestant in contestants]
            for contestant, worker in zip(contestants, workers, strict=True):
                _say(f"verifying and warming up {contestant.peer.name}")
                _warm_up(server, contestant, worker)
            _say(f"{rounds} rounds")
            _measure_warm(contestants, workers, rounds)
    return {contestant.peer.name: contestant.figures for contestant in contestants}


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _prepare(server: str, python: str, peer: Peer, bytecode: str) -> Contestant:
    name = _database(peer)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    # Nothing of the caller's environment, which may forbid bytecode or name services.
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPYCACHEPREFIX": bytecode,
        "DATABASE_URL": f"{server.rpartition('/')[0]}/{name}",
        "SECRET_KEY": "made-up-for-the-benchmarks-and-as-long-as-a-real-one",
        **peer.environment,
    }
    _say(f"loading {peer.name}")
    loaded = subprocess.run(
        [python, "-m", "tests.benchmarks.load"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Contestant(peer, python, environment, token=loaded.stdout.strip())


def _turns(items: Sequence[T], number: int) -> Sequence[T]:
    """Answer the items in the order of the number-th round, as being first may be an advantage."""
    return items[::-1] if number % 2 else items


def _database(peer: Peer) -> str:
    return peer.name.lower().replace(" ", "_")


def _measure_cold(contestants: Sequence[Contestant]) -> None:
    taken: dict[str, list[dict[str, float]]] = defaultdict(list)
    # The first round, which compiles the bytecode, is not counted.
    for number in range(COLD_ROUNDS + 1):
        for contestant in _turns(contestants, number):
            with Worker(contestant) as worker:
                first = contestant.serve(worker, PAGE, [number])
                imported = worker.imported
            if number:
                taken[contestant.peer.name].append(
                    {
                        "wall": (imported["wall"] + first["wall"][0]) / 1e6,
                        "processor": (imported["processor"] + first["processor"][0]) / 1e6,
                        "import": imported["wall"] / 1e6,
                        "memory": first["resident"] / 2**20,
                    }
                )
    for contestant in contestants:
        starts = taken[contestant.peer.name]
        contestant.figures["cold"] = {
            name: median(start[name] for start in starts) for name in starts[0]
        }


def _warm_up(server: str, contestant: Contestant, worker: Worker) -> None:
    contestant.figures["python"] = worker.imported["python"]
    worker(additions=contestant.peer.additions)
    for case in CASES:
        case.verify(lambda request: contestant.ask(worker, request))
    for case in CASES:
        contestant.serve(worker, case, range(WARM_UP // len(CASES)))
    contestant.figures["connections"] = _count_connections(server, _database(contestant.peer))


def _count_connections(server: str, database: str) -> int:
    # A backend that was told to go takes a moment.
    time.sleep(0.5)
    with psycopg.connect(server) as connection:
        row = connection.execute(
            # Not the autovacuum's workers, which are listed beside the clients.
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            [database],
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def _measure_warm(
    contestants: Sequence[Contestant], workers: Sequence[Worker], rounds: int
) -> None:
    pairs = list(zip(contestants, workers, strict=True))
    for number in range(rounds):
        numbers = range(number * REQUESTS, (number + 1) * REQUESTS)
        for case in CASES:
            for contestant, worker in _turns(pairs, number):
                served = contestant.serve(worker, case, numbers)
                contestant.walls[case.name] += served["wall"]
                contestant.processors[case.name] += served["processor"]
                contestant.figures["memory"] = served["resident"] / 2**20
    for contestant, worker in pairs:
        for case in CASES:
            counted = worker(count_calls=event(case.request(0), contestant.token))
            walls = contestant.walls[case.name]
            contestant.figures[case.name] = {
                "median": median(walls) / 1e3,
                "p99": quantiles(walls, n=100, method="inclusive")[98] / 1e3,
                "processor": median(contestant.processors[case.name]) / 1e3,
                "calls": counted["calls"],
            }
