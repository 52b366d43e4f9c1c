"""Events as calendar programs read them: iCalendar, RFC 5545.

icalendar is imported inside functions: it takes 140 ms, which only who asks for a calendar waits
for.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Event, Timezone
    from icalendar.prop import vInline

PRODUCT = "-//Guildhall//Events//EN"
# How often a program that subscribes is asked to come back.
REFRESH = timedelta(hours=1)
DAY = 24 * 60 * 60
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LINE_BREAK = re.compile(r"\r\n?")
# The control characters that RFC 5545 has no way to write, and what UTF-8 has none for.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})


class Entry(NamedTuple):
    """An event. Its times are aware, of any zone, and are written to the second."""

    uid: str
    sequence: int
    title: str
    description: str
    location: str
    starts: datetime
    ends: datetime
    status: Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]
    url: str
    created: datetime
    modified: datetime


def calendar(entries: Iterable[Entry], *, name: str, timezone: str) -> bytes:
    """Answer a calendar with times in this IANA zone: the same bytes for the same entries.

    Raises zoneinfo.ZoneInfoNotFoundError for an unknown zone, and ValueError or OverflowError for
    times within two years of datetime's first and last.
    """
    from icalendar import Calendar, vDuration

    entries = list(entries)
    zone = ZoneInfo(timezone)
    # Only zones that never change have a name for no time at all. UTC has several.
    is_utc = zone.tzname(None) == "UTC"
    answer = Calendar()
    answer.add("prodid", PRODUCT)
    answer.add("version", "2.0")
    answer.add("method", "PUBLISH")
    answer.add("name", _text(name))
    answer.add("x-wr-calname", _text(name))
    answer.add("refresh-interval", vDuration(REFRESH), {"VALUE": "DURATION"})
    answer.add("x-published-ttl", vDuration(REFRESH))
    # An empty calendar has its zone, as one without any component would not be valid.
    if not (is_utc and entries):
        times = [time for entry in entries for time in (entry.starts, entry.ends)]
        answer.add_component(_timezone(zone, {at.astimezone(UTC).year for at in times} or {1970}))
    for entry in entries:
        answer.add_component(_event(entry, None if is_utc else zone))
    written: bytes = answer.to_ical()
    return written


def _event(entry: Entry, zone: ZoneInfo | None) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", _text(entry.uid))
    event.add("sequence", entry.sequence)
    # When the entry was made, and not these bytes, which would never be the same twice.
    event.add("dtstamp", entry.modified)
    event.add("last-modified", entry.modified)
    event.add("created", entry.created)
    event.add("dtstart", *_time(entry.starts, zone))
    event.add("dtend", *_time(entry.ends, zone))
    event.add("status", entry.status)
    event.add("summary", _text(entry.title))
    if entry.description:
        event.add("description", _text(entry.description))
    if entry.location:
        event.add("location", _text(entry.location))
    if entry.url:
        event.add("url", entry.url)
    return event


def _text(value: str) -> "vInline":
    """Escape a text, as icalendar would make a line break of a backslash and an N."""
    from icalendar.prop import vInline

    text = FORBIDDEN.sub("", LINE_BREAK.sub("\n", value))
    return vInline(text.translate(ESCAPES))


def _time(at: datetime, zone: ZoneInfo | None) -> tuple[datetime, dict[str, str]]:
    """Answer the time to write, and its parameters."""
    if zone and not (local := at.astimezone(zone)).fold:
        return local.replace(tzinfo=None), {"TZID": zone.key}
    # Where clocks go back, a local time that comes twice means the first (RFC 5545, 3.3.5), so
    # the second can be said in UTC alone.
    return at.astimezone(UTC), {}


def _timezone(zone: ZoneInfo, years: set[int]) -> "Timezone":
    """Describe what the zone's clocks do in these years of UTC.

    icalendar's own description has summer time begin an hour late.
    """
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    # January goes by a change of the year before.
    known = sorted(years | {year - 1 for year in years})
    onsets: dict[tuple[timedelta, timedelta], list[datetime]] = {}
    for second, before, after in _changes(zone, known):
        # In the local time that the clocks show until then.
        onset = datetime.fromtimestamp(second, UTC).replace(tzinfo=None) + before
        onsets.setdefault((before, after), []).append(onset)
    answer = Timezone()
    answer.add("tzid", zone.key)
    for (before, after), times in onsets.items():
        # Forward is daylight saving time. The tz database has Dublin's in winter.
        observance = TimezoneDaylight() if after > before else TimezoneStandard()
        observance.add("tzoffsetfrom", before)
        observance.add("tzoffsetto", after)
        observance.add("dtstart", times[0])
        # Outlook reads rules and no dates: MS-STANOICAL, 2.2.47.
        if rule := _rule(times, known):
            observance.add("rrule", rule)
        else:
            for onset in times[1:]:
                # Each in a line of its own, as some read no further than a comma.
                observance.add("rdate", [onset])
        answer.add_component(observance)
    return answer


def _changes(zone: ZoneInfo, years: list[int]) -> list[tuple[int, timedelta, timedelta]]:
    """Answer when the zone goes from one offset to another: the Unix time, and the two.

    The first is a change of the first year, or else no change but what holds as that begins.
    """
    starts = [int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in years]
    # zoneinfo keeps its list of changes to itself, so it is asked for each day: none has had two
    # within six, since 1970. The last of 367 is the next year's, to look at all of this one.
    days = sorted({start + day * DAY for start in starts for day in range(367)})
    changes = [
        (_first_second(zone, after, early, late), before, after)
        for early, late in pairwise(days)
        if (before := _offset(zone, early)) != (after := _offset(zone, late))
    ]
    if not changes or changes[0][0] >= starts[1]:
        offset = _offset(zone, days[0])
        return [(days[0], offset, offset), *changes]
    return changes


def _first_second(zone: ZoneInfo, offset: timedelta, early: int, late: int) -> int:
    """Answer since when the zone has the offset that it has at the later of two Unix times."""
    seconds = range(early, late)
    return early + bisect_left(seconds, True, key=lambda second: _offset(zone, second) == offset)


def _offset(zone: ZoneInfo, second: int) -> timedelta:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return offset


def _rule(onsets: list[datetime], years: list[int]) -> dict[str, str | int] | None:
    """Answer the rule, such as the last Sunday of March, that gives these and no others in these
    years; None without one.
    """
    rules = {(at.month, f"{_week(at)}{WEEKDAYS[at.weekday()]}", at.time()) for at in onsets}
    if len(onsets) == 1 or len(rules) > 1 or [at.year for at in onsets] != years[-len(onsets) :]:
        return None
    month, day, _ = rules.pop()
    return {"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": day}


def _week(at: datetime) -> int:
    """Answer which of its weekday in the month a day is, or -1 for the last."""
    return -1 if (at + timedelta(weeks=1)).month != at.month else (at.day + 6) // 7
