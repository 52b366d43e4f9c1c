"""A peer at work: its process, its database, and the requests that are put to it."""

import json
import os
import re
import subprocess
from base64 import b64decode
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.benchmarks import databases
from tests.benchmarks.cases import Case
from tests.benchmarks.events import Request, event
from tests.benchmarks.roster import Peer

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Contestant:
    """A peer with its database, and how long its requests took, in nanoseconds by case."""

    peer: Peer
    environment: dict[str, str]
    token: str
    walls: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    processors: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


class Worker:
    """A process with a contestant's handler in it, and `imported`: what the import of it took."""

    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        self.process = subprocess.Popen(
            [contestant.peer.python, "-m", "tests.benchmarks.worker"],
            cwd=ROOT,
            env=contestant.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.imported = self.tell(handler=contestant.peer.handler)

    def tell(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The worker has ended; what it said is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def add(self) -> None:
        """Import what the peer wants after the handler."""
        self.tell(additions=self.contestant.peer.additions)

    def ask(self, request: Request) -> tuple[int, Any]:
        """Put one request, and answer the status and the body: parsed if it is JSON, None if there
        is none.
        """
        response = self.tell(events=[event(request, self.contestant.token)])["last"]
        body = _body(response)
        if request.accept != "application/json":
            return response["statusCode"], body
        return response["statusCode"], json.loads(body) if body else None

    def explain(self, case: Case, number: int = 0) -> dict[str, Any]:
        """Put a request of the case to a Django peer, and answer what it asked of the database.

        `whole` has the tables that a statement reads from end to end, `statements` is how many
        there were at all, but for BEGIN and COMMIT; `indexes` are those by which they find their
        rows, and `bytes` is how long the answer is.
        """
        answer = self.tell(explain=event(case.request(number), self.contestant.token))
        assert answer["last"]["statusCode"] == case.status, answer["last"]
        return answer | {"bytes": len(_body(answer["last"]))}

    def serve(self, case: Case, numbers: Sequence[int]) -> dict[str, Any]:
        """Put the case's requests of these numbers, and answer what the worker measured."""
        if self.contestant.peer.cached:
            numbers = [0] * len(numbers)
        events = [event(case.request(number), self.contestant.token) for number in numbers]
        served = self.tell(events=events)
        assert set(served["statuses"]) == {case.status}, served["last"]
        return served

    def time(self, case: Case, numbers: Sequence[int]) -> dict[str, Any]:
        """Serve, and add what it took to the contestant's figures."""
        served = self.serve(case, numbers)
        self.contestant.walls[case.name] += served["wall"]
        self.contestant.processors[case.name] += served["processor"]
        return served

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def _body(response: dict[str, Any]) -> bytes:
    body: str = response["body"]
    return b64decode(body) if response["isBase64Encoded"] else body.encode()


class Servers:
    """A PostgreSQL with a template of each schema that the peers want, and a Redis."""

    def __init__(self, postgresql: str, redis: str, peers: Sequence[Peer]) -> None:
        self.postgresql = postgresql
        self.redis = redis
        self.peers = peers
        self.tokens: dict[str, str] = {}
        for peer in peers:
            if peer.schema not in self.tokens:
                self.tokens[peer.schema] = self._load(peer)

    def enter(self, peer: Peer, database: str = "") -> Contestant:
        """Let the peer read the database at the URL, or else give it one of its own."""
        name = re.sub(r"\W+", "_", peer.name)
        database = database or databases.create(self.postgresql, name, peer.schema)
        return Contestant(peer, self._environment(peer, database), self.tokens[peer.schema])

    def _load(self, peer: Peer) -> str:
        environment = self._environment(peer, databases.create(self.postgresql, peer.schema))
        loaded = subprocess.run(
            [peer.python, "-m", "tests.benchmarks.load"],
            cwd=ROOT,
            env=environment | {"DJANGO_SETTINGS_MODULE": peer.schema},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return loaded.stdout.strip()

    def _environment(self, peer: Peer, database: str) -> dict[str, str]:
        # Nothing of the caller's environment, which may forbid bytecode or name services.
        return {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database,
            "REDIS_URL": f"{self.redis}?db={self.peers.index(peer)}",
            "SECRET_KEY": "made-up-for-the-benchmarks-and-as-long-as-a-real-one",
            **peer.environment,
        }
