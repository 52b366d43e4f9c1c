"""The `api` function behind Lambda's own emulator, without Docker: `make invoke`.

Runs tests/contract against it on an embedded PostgreSQL, or posts one event and prints the answer.
The emulator is the one that `sam local` puts into containers; it takes one event at a time.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from tests.emulator import Function, function
from tests.services import ENVIRONMENT, start_postgresql
from tests.transports import InvocationFailed

ROOT = Path(__file__).resolve().parent.parent
STAFF = {
    "CONTRACT_STAFF_EMAIL": "staff@example.org",
    "CONTRACT_STAFF_PASSWORD": secrets.token_urlsafe(20),
}
RATES = {f"THROTTLE_{scope}": "10000/min" for scope in ("LOGIN", "REGISTER", "EVENTS")}


def post(emulated: Function, event: Path) -> int:
    try:
        print(json.dumps(emulated.invoke(json.loads(event.read_text()))))
    except InvocationFailed as error:
        print(error)
        return 1
    return 0


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
    with function(options.handler, environment) as emulated:
        if options.event:
            return post(emulated, options.event)
        return contract(emulated.url, database_url, arguments)


if __name__ == "__main__":
    sys.exit(main())
