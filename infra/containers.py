"""Our image and compose's services, in containers of their own: for what tries them locally."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.fakes.steam import ANONYMOUS, STEAM_ID_BASE, match

ROOT = Path(__file__).resolve().parent.parent


def wait(what: str, ready: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            sys.exit(f"{what} did not become ready in {seconds} seconds.")
        time.sleep(0.5)


class Containers:
    """What runs under one name of a project, in a network of that name; it ends with the stack."""

    def __init__(
        self, stack: ExitStack, *, project: str, image: str, environment: dict[str, str]
    ) -> None:
        self.project, self.image = project, image
        # Values of an empty .env.example, and not the user's.
        self._environment = os.environ | {"NETWORK": project} | environment
        stack.callback(self.compose, "down", "--volumes")
        # Whatever is still in the network when we end keeps it from going.
        stack.callback(self._remove_strangers)

    def run(self, *command: str | Path, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        """Run a command; show what it printed only if it failed."""
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, text=True, capture_output=True, **kwargs
        )
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}\n{command[0]} failed: {done.returncode}")
        return done

    def start(self, *command: str | Path, **kwargs: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command, cwd=ROOT, env=self._environment, start_new_session=True, **kwargs
        )

    def compose(self, *arguments: str) -> str:
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        command = ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]
        options = ["--env-file", ".env.example", "-p", self.project, "-f", "infra/compose.yaml"]
        return self.run(*command, *options, *arguments).stdout

    def up(self, *services: str) -> None:
        """Start the services, and wait until each is healthy."""
        self.compose("up", "--detach", "--no-build", *services)
        for service in services:
            self.wait_until_healthy(service)

    def wait_until_healthy(self, service: str) -> None:
        wait(service, lambda: self.healthy(service))

    def healthy(self, service: str) -> bool:
        container = self.compose("ps", "-q", service).strip()
        status = self.run("docker", "inspect", "--format", "{{.State.Health.Status}}", container)
        return status.stdout.strip() == "healthy"

    def address(self, service: str, port: int) -> str:
        """Where a port of the service is published."""
        return self.compose("port", service, str(port)).strip()

    def start_steam(self, payloads: Path) -> None:
        """The fake Steam on our network, in our image: it needs a Python and no more."""
        self.run(
            "docker", "run", "--detach", "--rm", f"--network={self.project}",
            "--network-alias=steam", "--no-healthcheck", f"--volume={ROOT}/tests:/app/tests:ro",
            f"--volume={payloads}:/payloads:ro", "--entrypoint=python", self.image,
            "-m", "tests.fakes.steam", "--payloads=/payloads", "--host=0.0.0.0", "--port=8000",
        )  # fmt: skip

    def _remove_strangers(self) -> None:
        ours = {*self.compose("ps", "-q").split()}
        found = self.run(
            "docker", "ps", "--all", "--quiet", "--no-trunc", f"--filter=network={self.project}"
        )
        if strangers := {*found.stdout.split()} - ours:
            self.run("docker", "rm", "--force", *strangers)


def contract(base_url: str, staff: dict[str, str]) -> int:
    """Run tests/contract against the site; answer pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "tests/contract", "--transport=live",
               f"--base-url={base_url}"]  # fmt: skip
    # The tests' own services are not needed: everything is on the other side of the URL.
    environment = os.environ | staff | {"TEST_DATABASE_URL": "sqlite://:memory:"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def steam_payloads(stack: ExitStack) -> Path:
    """A folder of recorded answers: STEAM_PAYLOADS, or made-up ones."""
    if os.environ.get("STEAM_PAYLOADS"):
        return Path(os.environ["STEAM_PAYLOADS"]).resolve()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    folder.chmod(0o755)
    matches = [
        match(
            match_id=7_000_000_000 + n,
            seq=6_000_000_000 + 3 * n,
            accounts=sorted({101 + n % 5, 101 + n // 5 % 5}),
        )
        for n in range(40)
    ]
    page = {"result": {"status": 1, "matches": matches}}
    (folder / "GetMatchHistoryBySequenceNum-1.json").write_text(json.dumps(page))
    return folder


class Played:
    """The matches of five accounts in the payloads, and what of them a sync is to have stored."""

    def __init__(self, payloads: Path) -> None:
        played = {
            raw["match_id"]: {p["account_id"] for p in raw["players"] if p.get("account_id")}
            - {ANONYMOUS}
            for page in payloads.glob("GetMatchHistoryBySequenceNum*.json")
            for raw in json.loads(page.read_text())["result"].get("matches", [])
        }
        self.accounts = _busiest_accounts(played, 5)
        ours = {match_id: accounts & self.accounts for match_id, accounts in played.items()}
        self.accounts_of = {match_id: accounts for match_id, accounts in ours.items() if accounts}

    @property
    def script(self) -> str:
        """Makes the accounts members' own, for manage.py shell."""
        return (
            "from app.accounts.models import User\n"
            "User.objects.filter(steam_id__isnull=False).update(steam_id=None)\n"
            f"for account in {sorted(self.accounts)}:\n"
            "    User.objects.update_or_create(username=f'steam-{account}', defaults={\n"
            "        'email': f'{account}@example.org',\n"
            f"        'steam_id': account + {STEAM_ID_BASE}}})\n"
        )

    def missing(self, get: Callable[[str], dict[str, Any]]) -> list[str]:
        """Answer what is not stored as it was played; `get` reads a path of the API."""
        found = []
        for match_id, accounts in self.accounts_of.items():
            stored = get(f"/api/steam/matches/{match_id}/")
            members = {p["account_id"] for p in stored["players"] if p["member"]}
            if stored["state"] != "stored" or members != accounts:
                found.append(f"Match {match_id} is {stored['state']} with {members}.")
        return found


def _busiest_accounts(played: dict[int, set[int]], count: int) -> set[int]:
    """Accounts that between them played many different matches."""
    chosen: set[int] = set()
    for _ in range(count):
        left = Counter(a for accounts in played.values() if not accounts & chosen for a in accounts)
        chosen |= {account for account, _ in left.most_common(1)}
    return chosen
