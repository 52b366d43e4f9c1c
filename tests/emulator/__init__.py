"""Our functions behind Lambda's own emulator, without Docker.

It is the one that `sam local` puts into containers; it takes one event at a time.
"""

import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import free_port
from tests.transports import emulated

ROOT = Path(__file__).resolve().parent.parent.parent


def emulator() -> Path | None:
    """The emulator's program, which is here once `make template` has been."""
    machine = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    pattern = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
    return next((ROOT / ".venv-sam").glob(pattern), None)


class Function:
    """A function in an environment of its own."""

    def __init__(self, url: str, server: "subprocess.Popen[bytes]") -> None:
        self.url = url
        self.invoke = emulated(url)
        self._server = server

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let no time pass for it, as Lambda does from one event to the next."""
        os.killpg(self._server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._server.pid, signal.SIGCONT)


@contextmanager
def function(handler: str, environment: dict[str, str], *, timeout: int = 30) -> Iterator[Function]:
    """Run the handler behind the emulator."""
    program = emulator()
    assert program, "The emulator is not here: make template brings it."
    port, runtime_port = free_port(), free_port()
    server = subprocess.Popen(
        [
            program, "--log-level", "error",
            "--runtime-api-address", f"127.0.0.1:{runtime_port}",
            "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
            sys.executable, "-m", "awslambdaric", handler,
        ],
        cwd=ROOT,
        env=environment
        | {
            "AWS_LAMBDA_FUNCTION_NAME": handler.rpartition(".")[2],
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
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
        yield Function(f"http://127.0.0.1:{port}", server)
    finally:
        # The group: the emulator's child is the function.
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
