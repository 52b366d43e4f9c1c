"""The `api` function behind Lambda's own emulator, without Docker: `make invoke`.

Runs tests/contract against it on an embedded PostgreSQL, or posts one event and prints the answer.
The emulator is the one that `sam local` puts into containers; it takes one event at a time.
"""

import argparse
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import ENVIRONMENT, free_port, start_postgresql

ROOT = Path(__file__).resolve().parent.parent
STAFF = {
    "CONTRACT_STAFF_EMAIL": "staff@example.org",
    "CONTRACT_STAFF_PASSWORD": secrets.token_urlsafe(20),
}
RATES = {f"THROTTLE_{scope}": "10000/min" for scope in ("LOGIN", "REGISTER", "EVENTS")}


def emulator() -> Path:
    machine = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    pattern = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
    return next((ROOT / ".venv-sam").glob(pattern))


@contextmanager
def function(handler: str, environment: dict[str, str]) -> Iterator[str]:
    """Run the handler behind the emulator; answer where it takes events."""
    port, runtime_port = free_port(), free_port()
    server = subprocess.Popen(
        [
            emulator(), "--log-level", "error",
            "--runtime-api-address", f"127.0.0.1:{runtime_port}",
            "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
            sys.executable, "-m", "awslambdaric", handler,
        ],
        cwd=ROOT,
        env=environment
        | {
            "AWS_LAMBDA_FUNCTION_NAME": handler.rpartition(".")[2],
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        },
        # It logs each event there.
        stdout=sys.stderr,
        start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        # The group: the emulator's child is the function.
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def post(base_url: str, event: Path) -> int:
    url = f"{base_url}/2015-03-31/functions/function/invocations"
    with urllib.request.urlopen(url, data=event.read_bytes(), timeout=60) as response:
        answer = response.read().decode()
    print(answer)
    return int('"errorMessage"' in answer)


def contract(base_url: str, database_url: str, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "tests/contract", "--transport=emulator",
               f"--base-url={base_url}", *arguments]  # fmt: skip
    # The tests' own database is not used: everything is on the other side of the URL.
    environment = os.environ | STAFF | {"TEST_DATABASE_URL": database_url}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra/invoke.py", description=__doc__)
    parser.add_argument("--event", type=Path, help="a file with one event")
    parser.add_argument("--handler", default="config.functions.api")
    options, arguments = parser.parse_known_args()
    # By an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    database_url = start_postgresql()
    environment = os.environ | ENVIRONMENT | RATES | {"DATABASE_URL": database_url, "DEBUG": ""}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
    subprocess.run(
        [*manage, "createsuperuser", "--noinput", "--verbosity=0", "--username=staff",
         f"--email={STAFF['CONTRACT_STAFF_EMAIL']}"],
        cwd=ROOT,
        env=environment | {"DJANGO_SUPERUSER_PASSWORD": STAFF["CONTRACT_STAFF_PASSWORD"]},
        check=True,
    )  # fmt: skip
    with function(options.handler, environment) as base_url:
        if options.event:
            return post(base_url, options.event)
        return contract(base_url, database_url, arguments)


if __name__ == "__main__":
    sys.exit(main())
