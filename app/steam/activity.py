"""How often a member is checked and looked at: the more they play, the more often.

A check costs a hundredth of a call and tells who is in Dota; a look costs a call, and is made when
a check gives cause to, or when there has been none for long.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple


class Pace(NamedTuple):
    idle: timedelta
    """Of those who have not played for less than this."""
    check: timedelta
    look: timedelta
    """The longest time between two looks at those whose checks tell whether they play …"""
    look_hidden: timedelta
    """… and of those whose checks do not."""


_minutes, _hours, _days = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

IN_DOTA: Final = 20 * _minutes
"""Between two looks at a member who is in Dota: a match takes longer."""
SECOND_LOOK: Final = 1 * _hours
"""After a look that found something: Steam tells of some matches late."""
REREAD: Final = 3 * _days
"""Until a history is read through again in which there was more than Steam listed."""
PRIVATE: Final = 12 * _hours
"""Until a history that was private is asked for again."""
PACES: Final = (
    Pace(7 * _days, check=10 * _minutes, look=1 * _days, look_hidden=3 * _hours),
    Pace(30 * _days, check=30 * _minutes, look=2 * _days, look_hidden=12 * _hours),
    Pace(90 * _days, check=2 * _hours, look=4 * _days, look_hidden=1 * _days),
    Pace(timedelta.max, check=12 * _hours, look=7 * _days, look_hidden=3 * _days),
)
RETRY: Final = 10 * _minutes
LONGEST_RETRY: Final = 1 * _days


def pace(idle: timedelta) -> Pace:
    """Answer the pace of those who have not played for so long."""
    return next(pace for pace in PACES if idle < pace.idle)


def retry(failures: int) -> timedelta:
    """Answer how long to wait after so many failures in a row."""
    return min(RETRY * (1 << min(failures - 1, 10)), LONGEST_RETRY)


def idle(played_at: datetime | None, now: datetime) -> timedelta:
    """Answer for how long a member has not played; of one of whom nothing is known, not at all."""
    return now - played_at if played_at else timedelta(0)
