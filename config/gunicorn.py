"""How the plain server runs; docs/decisions.md has why it is this one.

https://docs.gunicorn.org/en/stable/settings.html
"""

import json
from typing import Any

from gunicorn import glogging

from config import env

wsgi_app = "config.wsgi"
bind = f"0.0.0.0:{env.integer('PORT', 8000, minimum=1)}"
# Processes, and in each as many requests at a time; each thread keeps a database connection.
workers = env.integer("WEB_CONCURRENCY", 2, minimum=1)
threads = env.integer("WEB_THREADS", 8, minimum=1)
worker_class = "gthread"
# A file that a process touches to say that it lives; on a disk that could block it.
worker_tmp_dir = "/dev/shm"  # noqa: S108
# On SIGTERM nobody new is let in, and who is in has so many seconds: as long as API Gateway waits.
graceful_timeout = 30
timeout = 60
# Longer than a load balancer's, which would otherwise send a request into a connection that closes.
keepalive = 75
# A leak somewhere does not last.
max_requests, max_requests_jitter = 50_000, 5_000
control_socket_disable = True


class Atoms(glogging.SafeAtoms):  # type: ignore[misc]  # gunicorn has no types
    """The parts of a request's line, each as it stands in a JSON string."""

    def __init__(self, atoms: dict[str, Any]) -> None:
        dict.__init__(
            self,
            {k: json.dumps(v)[1:-1] if isinstance(v, str) else v for k, v in atoms.items()},
        )


class Logger(glogging.Logger):  # type: ignore[misc]
    atoms_wrapper_class = Atoms


# Lines in JSON, as Django's are; one for each request, as API Gateway has it.
logger_class = Logger
accesslog = "-"
access_log_format = (
    '{"request_id":"%({x-request-id}o)s","ip":"%(h)s","method":"%(m)s","path":"%(U)s",'
    '"status":"%(s)s","bytes":"%(B)s","ms":"%(M)s"}'
)
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.orjson.OrjsonFormatter",
            "fmt": ["levelname", "name", "message"],
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": True,
        },
        "line": {"format": "%(message)s"},
    },
    "handlers": {
        name: {"class": "logging.StreamHandler", "formatter": name} for name in ("json", "line")
    },
    "root": {"handlers": ["json"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["json"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": ["line"], "level": "INFO", "propagate": False},
    },
}
