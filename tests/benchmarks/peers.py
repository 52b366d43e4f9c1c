"""Who is measured. A peer is a Lambda handler and the environment that it wants."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    name: str
    handler: str
    """module:attribute"""
    environment: dict[str, str] = field(default_factory=dict)
    additions: tuple[str, ...] = ()
    """Modules to import after the handler. A cold start is measured without them."""


GUILDHALL = Peer(
    "guildhall",
    "config.functions:api",
    {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ALLOWED_HOSTS": "localhost",
        "LOG_LEVEL": "ERROR",
    },
    additions=("tests.benchmarks.hello",),
)
STOCK = Peer(
    "stock DRF",
    "tests.benchmarks.stock.functions:handler",
    {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.stock.settings"},
)

PEERS = (GUILDHALL, STOCK)
