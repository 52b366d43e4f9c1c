"""The real image behind SAM's API Gateway, on PostgreSQL and Redis of its own: `make sam-local`.

Builds the image as a deployment would, migrates with the function that does it, and then
  contract  runs tests/contract against it
  schedule  lets one scheduled event sync matches from the fake Steam, and reads them back
  server    runs the image as a plain server beside it, as `make up` does, until it is healthy
  serve     keeps serving, until Ctrl-C
It ends what it has started. STEAM_PAYLOADS names a folder of recorded answers for the fake Steam to
serve; without one it serves made-up matches.
"""

import argparse
import json
import os
import platform
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.fakes.steam import ANONYMOUS, DEFAULT_KEY, STEAM_ID_BASE, match

ROOT = Path(__file__).resolve().parent.parent
SAM = ROOT / ".venv-sam/bin/sam"
# What `sam build` calls the image: after the first of the functions that share it.
IMAGE = "apifunction:latest"
# No two runs meet in a network or a volume, nor this one and `make up`.
PROJECT = f"guildhall-sam-{os.getpid()}"
PASSWORD = secrets.token_urlsafe(20)
STAFF = {"CONTRACT_STAFF_EMAIL": "staff@example.org", "CONTRACT_STAFF_PASSWORD": PASSWORD}

# For the functions; SAM passes on what template.yaml declares and nothing else.
FUNCTIONS = {
    "DATABASE_URL": f"postgresql://guildhall:{PASSWORD}@postgres:5432/guildhall",
    "REDIS_URL": "redis://redis:6379/0",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
    "SECURE_SSL_REDIRECT": "false",
    "COOKIE_SECURE": "false",
    "STEAM_API_URL": "http://steam:8000",
    "STEAM_API_KEY": DEFAULT_KEY,
    # The fake bears as many as come.
    "STEAM_CALLS_PER_SECOND": "1000",
    "STEAM_DETAILS_PAUSE": "0",
    "THROTTLE_LOGIN": "10000/min",
    "THROTTLE_REGISTER": "10000/min",
    "THROTTLE_EVENTS": "10000/min",
    "THROTTLE_TOURNAMENTS": "10000/min",
    "THROTTLE_STEAM_SEARCH": "10000/min",
    # There is no SQS here: tasks run where they are enqueued.
    "SQS_QUEUE_URL": "",
}
ENVIRONMENT = os.environ | {
    "NETWORK": PROJECT,
    "API_PORT": "0",
    "SECRET_KEY": FUNCTIONS["SECRET_KEY"],
    "DB_PASSWORD": PASSWORD,
    # Not the user's .env; this one sets nothing.
    "ENV_FILE": "../.env.example",
    "SAM_CLI_TELEMETRY": "0",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "eu-west-1",
    # SAM asks for credentials and uses them for nothing.
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


def say(text: str) -> None:
    print(f"sam-local: {text}", flush=True)


def run(*command: str | Path, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; show what it printed only if it failed."""
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, text=True, capture_output=True, **kwargs
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{command[0]} failed: {done.returncode}")
    return done


def compose(*arguments: str) -> str:
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    command = ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]
    options = ["--env-file", ".env.example", "-p", PROJECT, "-f", "infra/compose.yaml"]
    return run(*command, *options, *arguments).stdout


def manage(*arguments: str, **environment: str) -> str:
    """Run manage.py in the image."""
    variables = [f"--env={name}={value}" for name, value in (FUNCTIONS | environment).items()]
    options = ["--rm", "--read-only", f"--network={PROJECT}", "--entrypoint=python", *variables]
    return run("docker", "run", *options, IMAGE, "manage.py", *arguments).stdout


def wait(what: str, ready: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            sys.exit(f"{what} did not become ready in {seconds} seconds.")
        time.sleep(0.5)


def healthy(service: str) -> bool:
    container = compose("ps", "-q", service).strip()
    status = run("docker", "inspect", "--format", "{{.State.Health.Status}}", container)
    return status.stdout.strip() == "healthy"


class Local:
    """SAM with our image on our network."""

    def __init__(self, stack: ExitStack, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.payloads = steam_payloads(stack)
        self._stack = stack
        self._port = port
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        variables = folder / "environment.json"
        variables.write_text(json.dumps({"Parameters": FUNCTIONS}))
        self._options = [
            "--template=.aws-sam/build/template.yaml",
            f"--env-vars={variables}",
            f"--docker-network={PROJECT}",
            "--parameter-overrides",
            f"Architecture={architecture()}",
        ]
        self.log = ROOT / ".aws-sam/start-api.log"

    def invoke(self, function: str, event: dict[str, str]) -> dict[str, Any]:
        done = run(SAM, "local", "invoke", function, "--event=-", *self._options,
                   input=json.dumps(event))  # fmt: skip
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        if "errorMessage" in answer:
            sys.exit(f"{done.stderr}\n{function} failed: {answer['errorMessage']}")
        return answer

    def start_api(self) -> None:
        with self.log.open("w") as log:
            server = subprocess.Popen(
                [SAM, "local", "start-api", f"--port={self._port}", "--warm-containers=LAZY",
                 *self._options],
                cwd=ROOT, env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._stack.callback(self._stop, server)
        wait("sam local start-api", lambda: server.poll() is not None or self._answers())
        if server.poll() is not None:
            sys.exit(f"{self.log.read_text()}\nsam local start-api has ended.")

    def _stop(self, server: subprocess.Popen[bytes]) -> None:
        # As Ctrl-C would: then it removes its containers.
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()

    def _answers(self) -> bool:
        try:
            return bool(self.get("/health/")["status"] == "ok")
        except OSError:
            return False

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


def architecture() -> str:
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def start_services(stack: ExitStack) -> None:
    stack.callback(compose, "down", "--volumes")
    compose("up", "--detach", "postgres", "redis")
    # Whatever is still in the network when we end, be it after a crash of SAM, keeps it from going.
    stack.callback(remove_containers)
    wait("PostgreSQL", lambda: healthy("postgres"))
    wait("Redis", lambda: healthy("redis"))


def remove_containers() -> None:
    ours = {*compose("ps", "-q").split()}
    found = run("docker", "ps", "--all", "--quiet", "--no-trunc", f"--filter=network={PROJECT}")
    if strangers := {*found.stdout.split()} - ours:
        run("docker", "rm", "--force", *strangers)


def start_steam(payloads: Path) -> None:
    """The fake Steam on our network, in our image: it needs a Python and no more."""
    run(
        "docker", "run", "--detach", "--rm", f"--network={PROJECT}", "--network-alias=steam",
        "--no-healthcheck", f"--volume={ROOT}/tests:/app/tests:ro",
        f"--volume={payloads}:/payloads:ro", "--entrypoint=python", IMAGE,
        "-m", "tests.fakes.steam", "--payloads=/payloads", "--host=0.0.0.0", "--port=8000",
    )  # fmt: skip


def steam_payloads(stack: ExitStack) -> Path:
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


def contract(local: Local) -> None:
    command = [sys.executable, "-m", "pytest", "tests/contract", "--transport=live",
               f"--base-url={local.url}"]  # fmt: skip
    # The tests' own services are not needed: everything is on the other side of the URL.
    environment = os.environ | STAFF | {"TEST_DATABASE_URL": "sqlite://:memory:"}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        errors = [line for line in local.log.read_text().splitlines() if '"level":"ERROR"' in line]
        sys.exit("\n".join([*errors, f"All that was logged is in {local.log}"]))


def schedule(local: Local) -> None:
    """One event to `schedule`, and every match of five members is there to be read."""
    played = {
        raw["match_id"]: {p["account_id"] for p in raw["players"] if p.get("account_id")}
        - {ANONYMOUS}
        for page in local.payloads.glob("GetMatchHistoryBySequenceNum*.json")
        for raw in json.loads(page.read_text())["result"].get("matches", [])
    }
    linked = busiest_accounts(played, 5)
    expected = {match_id: accounts & linked for match_id, accounts in played.items()}
    expected = {match_id: accounts for match_id, accounts in expected.items() if accounts}
    manage(
        "shell",
        "--command",
        "from app.accounts.models import User\n"
        "User.objects.filter(steam_id__isnull=False).update(steam_id=None)\n"
        f"for account in {sorted(linked)}:\n"
        "    User.objects.create(email=f'{account}@example.org', username=f'steam-{account}',\n"
        f"                        steam_id=account + {STEAM_ID_BASE})\n",
    )
    say(f"schedule answered {local.invoke('ScheduleFunction', {'entry': 'steam-sync'})}")
    for match_id, accounts in expected.items():
        stored = local.get(f"/api/steam/matches/{match_id}/")
        members = {p["account_id"] for p in stored["players"] if p["member"]}
        if stored["state"] != "stored" or members != accounts:
            sys.exit(f"Match {match_id} is {stored['state']} with {members}, not {accounts}.")
    say(f"{len(expected)} matches of {len(linked)} members synced and read back")


def busiest_accounts(played: dict[int, set[int]], count: int) -> set[int]:
    """Accounts that between them played many different matches."""
    chosen: set[int] = set()
    for _ in range(count):
        left = Counter(a for accounts in played.values() if not accounts & chosen for a in accounts)
        chosen |= {account for account, _ in left.most_common(1)}
    return chosen


def server(local: Local) -> None:
    compose("up", "--detach", "api")
    wait("The plain server", lambda: healthy("api"))
    say("the plain server is healthy")


def serve(local: Local) -> None:
    say(f"{local.url}/api/docs/ - staff sign in as {' '.join(STAFF.values())} - Ctrl-C ends it")
    signal.pause()


STEPS = {step.__name__: step for step in (contract, schedule, server, serve)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra/sam_local.py", description=__doc__)
    parser.add_argument("steps", nargs="+", choices=STEPS)
    parser.add_argument("--port", type=int, default=3000)
    options = parser.parse_args()
    # Both end the run by an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    with ExitStack() as stack:
        local = Local(stack, options.port)
        say("building the image")
        run(SAM, "build", "--parameter-overrides", f"Architecture={architecture()}")
        say("starting PostgreSQL, Redis and the fake Steam")
        start_services(stack)
        start_steam(local.payloads)
        say(f"migrating: {local.invoke('MigrateFunction', {})}")
        manage(
            "createsuperuser", "--noinput", "--username=staff",
            f"--email={STAFF['CONTRACT_STAFF_EMAIL']}", DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )  # fmt: skip
        local.start_api()
        say(f"answering on {local.url}")
        for step in options.steps:
            STEPS[step](local)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
