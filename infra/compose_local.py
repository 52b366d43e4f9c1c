"""What `make up` starts, under a name and with a network of its own: `make compose-check`.

Starts the image and everything beside it, and then
  contract  runs tests/contract against the API
  schedule  lets the worker sync matches from the fake Steam, and reads them back
  restarts  restarts each service while members sign up, and counts who is lost
It ends what it has started.
"""

import argparse
import json
import secrets
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack
from os import getpid
from pathlib import Path
from typing import Any

import httpx

from infra.containers import Containers, Played, contract, steam_payloads, wait
from tests.fakes.steam import DEFAULT_KEY
from tests.services import free_port

IMAGE = "guildhall"
PASSWORD = secrets.token_urlsafe(20)
STAFF = {"CONTRACT_STAFF_EMAIL": "staff@example.org", "CONTRACT_STAFF_PASSWORD": PASSWORD}
PUBLISHED = ["api", "worker", "beat", "pgadmin"]
RESTARTED = ["api", "worker", "beat", "redis", "postgres"]
# Who sign up at the same time, and how long each service has peace before the next is restarted.
CALLERS, PEACE = 4, 5
# For the containers, beside what compose.yaml gives them.
SETTINGS = {
    "STEAM_API_URL": "http://steam:8000",
    "STEAM_API_KEY": DEFAULT_KEY,
    # The fake bears as many as come.
    "STEAM_CALLS_PER_SECOND": "1000",
    "STEAM_DETAILS_PAUSE": "0",
    **{
        f"THROTTLE_{scope}": "10000/min"
        for scope in ("LOGIN", "REGISTER", "EVENTS", "TOURNAMENTS", "STEAM_SEARCH", "UPLOADS")
    },
}


def say(text: str) -> None:
    print(f"compose: {text}", flush=True)


class Site:
    def __init__(self, stack: ExitStack) -> None:
        settings = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "settings.env"
        settings.write_text("".join(f"{name}={value}\n" for name, value in SETTINGS.items()))
        self.containers = Containers(
            stack,
            project=f"guildhall-check-{getpid()}",
            image=IMAGE,
            environment={
                # Not any that is free, which would be another one after a restart.
                "API_PORT": str(free_port()),
                "PGADMIN_PORT": "0",
                "ENV_FILE": str(settings),
                "SECRET_KEY": secrets.token_urlsafe(50),
                **dict.fromkeys(
                    ["DB_PASSWORD", "REDIS_PASSWORD", "POSTGRES_PASSWORD", "PGADMIN_PASSWORD"],
                    PASSWORD,
                ),
            },
        )
        payloads = steam_payloads(stack)
        self.played = Played(payloads)
        self.containers.up(*PUBLISHED)
        self.containers.start_steam(payloads)
        self.manage("createsuperuser", "--noinput", "--username=staff",
                    f"--email={STAFF['CONTRACT_STAFF_EMAIL']}",
                    DJANGO_SUPERUSER_PASSWORD=PASSWORD)  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://{self.containers.address('api', 8000)}"

    def manage(self, *arguments: str, **environment: str) -> str:
        variables = [f"-e{name}={value}" for name, value in environment.items()]
        return self.containers.compose(
            "exec", "-T", *variables, "api", "python", "manage.py", *arguments
        )

    def get(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            answer = json.load(error)
        return answer

    def begin(self, entry: str) -> None:
        """Begin an entry of the schedule as beat does."""
        self.containers.compose(
            "exec", "-T", "beat", "python", "-m", "celery", "--app", "config.celery",
            "call", "guildhall.begin", "--args", json.dumps([entry]),
        )  # fmt: skip

    def number(self, expression: str) -> int:
        """What a Python expression over the models is, in the API's container."""
        script = (
            "from app.accounts.models import User\nfrom app.core.models import WaitingTask\n"
            f"print({expression})"
        )
        return int(self.manage("shell", "--verbosity=0", "--command", script).split()[-1])


def ask_contract(site: Site) -> None:
    if contract(site.url, STAFF):
        sys.exit("The contract is not kept.")


def schedule(site: Site) -> None:
    """The worker is given one sync; beat's own entries do the rest."""
    site.manage("shell", "--command", site.played.script)
    site.begin("steam-sync")
    played = site.played
    wait("The sync", lambda: not _missing(site), seconds=180)
    say(f"{len(played.accounts_of)} matches of {len(played.accounts)} members synced by Celery")
    wait("The queue", lambda: site.get("/health/")["queue"] == "ok", seconds=90)
    say(f"beat and worker: {site.get('/health/')}")


def _missing(site: Site) -> list[str]:
    try:
        return site.played.missing(site.get)
    except KeyError:  # no match yet, and so no players
        return ["all"]


def restarts(site: Site) -> None:
    """Restart each service while members sign up: who was told 201 is a member."""
    accepted: list[str] = []
    answers: Counter[str] = Counter()
    over = threading.Event()

    def sign_up(number: int) -> None:
        client = httpx.Client(base_url=site.url, timeout=30, trust_env=False)
        for turn in range(100_000):
            if over.is_set():
                return
            name = f"load-{number}-{turn}"
            account = {"email": f"{name}@guild.example", "username": name, "password": PASSWORD}
            try:
                answer = client.post(
                    "/api/auth/register/", json=account | {"password_confirm": PASSWORD}
                )
            except httpx.TransportError as error:
                answers[type(error).__name__] += 1
                time.sleep(0.2)
                continue
            answers[str(answer.status_code)] += 1
            if answer.status_code == 201:
                accepted.append(name)

    threads = [threading.Thread(target=sign_up, args=[n]) for n in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        for service in RESTARTED:
            time.sleep(PEACE)
            before, begun = len(accepted), time.monotonic()
            site.containers.compose("restart", service)
            site.containers.wait_until_healthy(service)
            seconds, number = time.monotonic() - begun, len(accepted) - before
            say(f"{service} restarted in {seconds:.0f} s; {number} signed up meanwhile")
        time.sleep(PEACE)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    stored = site.number("User.objects.filter(username__startswith='load-').count()")
    names = json.dumps(accepted)
    kept = site.number(f"User.objects.filter(username__in={names}).count()")
    say(f"answers {dict(answers)}; of {len(accepted)} accepted {kept} are stored; {stored} in all")
    if kept < len(accepted):
        sys.exit(f"{len(accepted) - kept} accepted writes are lost.")
    wait("The outbox", lambda: not site.number("WaitingTask.objects.count()"), seconds=180)
    say("no task waits")


STEPS = {"contract": ask_contract, "schedule": schedule, "restarts": restarts}


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra/compose_local.py", description=__doc__)
    parser.add_argument("steps", nargs="+", choices=STEPS)
    options = parser.parse_args()
    # Both end the run by an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    with ExitStack() as stack:
        say("starting everything")
        site = Site(stack)
        say(f"all healthy; answering on {site.url}")
        for step in options.steps:
            STEPS[step](site)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
