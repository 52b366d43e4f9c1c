"""What runs under compose: the worker, and beat, which tells it the time.

celery --app config.celery worker --without-gossip --without-mingle
celery --app config.celery beat

With REMAP_SIGTERM=SIGQUIT, as the image sets it, a worker that is told to end gives back what it
does not finish soon.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["DATABASE_CONN_MAX_AGE"] = os.environ.get("DATABASE_CONN_MAX_AGE") or "600"

import django

django.setup()

from celery import beat, signals  # noqa: E402
from celery.schedules import crontab  # noqa: E402

from app.core import health  # noqa: E402
from app.core.queue.celery import app  # noqa: E402
from config import schedule  # noqa: E402

# What a container's health check looks at the age of.
ALIVE = Path(tempfile.gettempdir()) / "alive"


def _times(minutes: int) -> crontab:
    # Times of the day, not times since the last: beat remembers nothing, so that a restart in a
    # day's midst would put a daily entry off by a day.
    if minutes < 60:
        return crontab(minute=f"*/{minutes}")
    return crontab(minute=0, hour=f"*/{minutes // 60}") if minutes < 1440 else crontab(0, 4)


@app.task(name="guildhall.begin")
def begin(entry: str) -> None:
    # What it enqueues does not expire, and could only wait for the database.
    if health.database_is_up():
        schedule.begin(entry)


class Scheduler(beat.Scheduler):
    def tick(self, *args: Any, **kwargs: Any) -> float:
        ALIVE.touch()
        seconds: float = super().tick(*args, **kwargs)
        return seconds


@signals.heartbeat_sent.connect
def _alive(**kwargs: Any) -> None:
    ALIVE.touch()


@signals.setup_logging.connect
def _keep_logging(**kwargs: Any) -> None:
    """Leave what settings.LOGGING has set up."""


app.conf.update(
    beat_scheduler=Scheduler,
    beat_max_loop_interval=10,
    beat_schedule={
        name: {
            "task": begin.name,
            "args": [name],
            "schedule": _times(entry.minutes),
            # While nobody works, one of each waits and not a night's.
            "options": {"expires": entry.minutes * 60},
        }
        for name, entry in schedule.SCHEDULE.items()
    },
)
