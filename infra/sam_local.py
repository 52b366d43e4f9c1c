"""The real image behind SAM's API Gateway, on PostgreSQL and Redis of its own: `make sam-local`.

Builds the image as a deployment would, migrates with the function that does it, and then
  contract  runs tests/contract against it
  schedule  lets one scheduled event sync matches from the fake Steam, and reads them back
  worker    does the same by a message of the queue, beside one that fails
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
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from infra.containers import ROOT, Containers, Played, contract, steam_payloads, wait
from tests.fakes.steam import DEFAULT_KEY

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
    "REDIS_URL": f"redis://:{PASSWORD}@redis:6379/0",
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
    # There is no SQS here: tasks run where they are enqueued. For the rest that the stack would
    # fill in, SAM makes something up.
    "SQS_QUEUE_URL": "",
    "SECRETS_ARN": "",
    "DB_SECRET_ARN": "",
    "DB_HOST": "",
    "DB_NAME": "",
    "DB_SSLMODE": "",
    "DB_REPLICA_HOST": "",
    "DATABASE_DIRECT": "true",
    "MEDIA_BUCKET": "",
    "MEDIA_URL": "",
}
ENVIRONMENT = {
    "API_PORT": "0",
    "NETWORK_INTERNAL": "false",
    "SECRET_KEY": FUNCTIONS["SECRET_KEY"],
    **dict.fromkeys(
        ["DB_PASSWORD", "REDIS_PASSWORD", "POSTGRES_PASSWORD", "PGADMIN_PASSWORD"], PASSWORD
    ),
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


def architecture() -> str:
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


class Local:
    """SAM with our image, on the containers' network."""

    def __init__(self, stack: ExitStack, containers: Containers, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.containers = containers
        self.payloads = steam_payloads(stack)
        self.played = Played(self.payloads)
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

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        done = self.containers.run(
            SAM, "local", "invoke", function, "--event=-", *self._options, input=json.dumps(event)
        )
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        if "errorMessage" in answer:
            sys.exit(f"{done.stderr}\n{function} failed: {answer['errorMessage']}")
        return answer

    def manage(self, *arguments: str, **environment: str) -> None:
        """Run manage.py in the image."""
        variables = [f"--env={name}={value}" for name, value in (FUNCTIONS | environment).items()]
        options = ["--rm", "--read-only", f"--network={PROJECT}", "--entrypoint=python", *variables]
        self.containers.run("docker", "run", *options, IMAGE, "manage.py", *arguments)

    def start_api(self) -> None:
        with self.log.open("w") as log:
            server = self.containers.start(
                SAM, "local", "start-api", f"--port={self._port}", "--warm-containers=LAZY",
                *self._options, stdout=log, stderr=log,
            )  # fmt: skip
        self._stack.callback(self._stop, server)
        wait("sam local start-api", lambda: server.poll() is not None or self._answers())
        if server.poll() is not None:
            sys.exit(f"{self.log.read_text()}\nsam local start-api has ended.")

    def _stop(self, server: "subprocess.Popen[bytes]") -> None:
        # As Ctrl-C would: then it removes its containers.
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()

    def _answers(self) -> bool:
        try:
            return bool(self.get("/health/")["database"] == "ok")
        except OSError:
            return False

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def read_back(self) -> None:
        """See that every match of the members is there."""
        if missing := self.played.missing(self.get):
            sys.exit("\n".join(missing))
        played = self.played
        say(f"{len(played.accounts_of)} matches of {len(played.accounts)} members read back")


def ask_contract(local: Local) -> None:
    if contract(local.url, STAFF):
        errors = [line for line in local.log.read_text().splitlines() if '"level":"ERROR"' in line]
        sys.exit("\n".join([*errors, f"All that was logged is in {local.log}"]))


def schedule(local: Local) -> None:
    """One event to `schedule`, and every match of five members is there to be read."""
    local.manage("shell", "--command", local.played.script)
    say(f"schedule answered {local.invoke('ScheduleFunction', {'entry': 'steam-sync'})}")
    local.read_back()


def worker(local: Local) -> None:
    """A batch as SQS delivers it: a sync, and a message that can never be run."""
    local.manage("shell", "--command", local.played.script)
    task = {"task": "app.steam.tasks.plan_sync", "args": [], "kwargs": {}}
    records = [
        {"messageId": name, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        for name, body in {"sync": json.dumps(task), "poison": '{"task": "os.system"}'}.items()
    ]
    answer = local.invoke("WorkerFunction", {"Records": records})
    if answer != {"batchItemFailures": [{"itemIdentifier": "poison"}]}:
        sys.exit(f"The worker answered {answer}.")
    say(f"worker answered {answer}")
    local.read_back()


def serve(local: Local) -> None:
    say(f"{local.url}/api/docs/ - staff sign in as {' '.join(STAFF.values())} - Ctrl-C ends it")
    signal.pause()


STEPS = {"contract": ask_contract, "schedule": schedule, "worker": worker, "serve": serve}


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra/sam_local.py", description=__doc__)
    parser.add_argument("steps", nargs="+", choices=STEPS)
    parser.add_argument("--port", type=int, default=3000)
    options = parser.parse_args()
    # Both end the run by an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    with ExitStack() as stack:
        containers = Containers(stack, project=PROJECT, image=IMAGE, environment=ENVIRONMENT)
        local = Local(stack, containers, options.port)
        say("building the image")
        containers.run(SAM, "build", "--parameter-overrides", f"Architecture={architecture()}")
        say("starting PostgreSQL, Redis and the fake Steam")
        containers.up("postgres", "redis")
        containers.start_steam(local.payloads)
        say(f"migrating: {local.invoke('MigrateFunction', {})}")
        local.manage(
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
