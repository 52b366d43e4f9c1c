"""Who is measured. A peer is a Lambda handler and what it wants around itself."""

from dataclasses import dataclass, field

# The environments that `make bench` makes: of requirements-bench.lock, and of requirements.lock.
BENCH = ".venv-bench/bin/python"
IMAGE = ".venv-image/bin/python"

PEERS_FOLDER = "tests.benchmarks.peers"
STOCK_SETTINGS = f"{PEERS_FOLDER}.stock.settings"


@dataclass(frozen=True)
class Peer:
    name: str
    handler: str
    """module:attribute"""
    python: str = BENCH
    schema: str = STOCK_SETTINGS
    """The Django settings whose migrations make its database."""
    environment: dict[str, str] = field(default_factory=dict)
    additions: tuple[str, ...] = ()
    """Modules to import after the handler. A cold start is measured without them."""
    cached: bool = False
    """It is asked for the same rows again and again, so that what is timed are its cache's hits."""
    shows_writes: bool = False
    """A write, PATCH included, must show in the very next read."""


RATES = ("THROTTLE_EVENTS", "THROTTLE_TOURNAMENTS")
# As in its function: by the name it knows that it may connect while it starts.
LAMBDA = {"ALLOWED_HOSTS": "localhost", "LOG_LEVEL": "ERROR", "AWS_LAMBDA_FUNCTION_NAME": "api"}


def _guildhall(name: str, *, cached: bool, **environment: str) -> Peer:
    return Peer(
        name,
        "config.functions:api",
        python=IMAGE,
        schema="config.settings",
        # One member registers and reports here more often than a member may.
        environment={**LAMBDA, **dict.fromkeys(RATES, "1000000/min"), **environment},
        additions=("tests.benchmarks.hello",),
        cached=cached,
        shows_writes=True,
    )


GUILDHALL = _guildhall("guildhall", cached=False, DISABLE_CACHE="true")
GUILDHALL_CACHED = _guildhall("guildhall cached", cached=True)
BARE = Peer("bare", f"{PEERS_FOLDER}.bare.functions:handler")
FASTAPI_ASYNC = Peer("FastAPI async", f"{PEERS_FOLDER}.fastapi.asynchronous:handler")
FASTAPI_SYNC = Peer("FastAPI sync", f"{PEERS_FOLDER}.fastapi.synchronous:handler")
NINJA = Peer("django-ninja", f"{PEERS_FOLDER}.ninja.functions:handler")
STOCK = Peer("stock DRF", f"{PEERS_FOLDER}.stock.functions:handler")
STOCK_CACHED = Peer(
    "stock DRF + cache_page", f"{PEERS_FOLDER}.cache_page.functions:handler", cached=True
)

PEERS = (
    GUILDHALL,
    GUILDHALL_CACHED,
    BARE,
    FASTAPI_ASYNC,
    FASTAPI_SYNC,
    NINJA,
    STOCK,
    STOCK_CACHED,
)
# Of these, who is asked what a page costs once there are many games.
CURVE_PEERS = (GUILDHALL, BARE, FASTAPI_ASYNC, STOCK)
