"""Calendars, read back by a library that has no code in common with the one that writes them."""

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import takewhile
from operator import itemgetter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
import vobject
from dateutil.rrule import rruleset, rrulestr
from dateutil.tz import tzical
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.events.calendars import Entry, calendar


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# When their clocks change, by the tz database; some times where they never do.
CHANGES = {
    "Europe/Berlin": [utc("2026-03-29T01:00"), utc("2026-10-25T01:00")],
    "America/New_York": [utc("2026-03-08T07:00"), utc("2026-11-01T06:00")],
    # By half an hour.
    "Australia/Lord_Howe": [utc("2026-04-04T15:00"), utc("2026-10-03T15:30")],
    # By the moon.
    "Africa/Casablanca": [utc("2026-02-15T02:00"), utc("2026-03-22T02:00")],
    # The last one that there was.
    "America/Sao_Paulo": [utc("2018-11-04T03:00"), utc("2019-02-17T02:00")],
    # By a day, that was left out.
    "Pacific/Apia": [utc("2011-12-30T10:00")],
    "Asia/Kolkata": [utc("2026-03-29T01:00")],
    "Asia/Kathmandu": [utc("2026-03-29T01:00")],
    "UTC": [utc("2026-03-29T01:00")],
}
FRIDAY = utc("2026-07-03T19:00")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
AROUND = [-12 * HOUR, -1.5 * HOUR, -HOUR, -HOUR / 2, -SECOND, 0 * HOUR, SECOND, HOUR / 2, HOUR]
ZONE = re.compile(r"^TZID:(\S+)", re.M)
HOSTILE = "x\r\nATTENDEE:mailto:somebody@example.org\r\nEND:VEVENT"
SHORT = {"max_size": 40}

zones = st.sampled_from(sorted(CHANGES))
texts = st.text(st.characters(), **SHORT) | st.text('\\nN;,:"\r\n\t\0 ñ€😀', **SHORT)
instants = st.integers(int(utc("2000-01-01").timestamp()), int(utc("2037-12-31").timestamp())).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)


def entry(starts=FRIDAY, ends=None, **said):
    entry = Entry(
        uid="5d8e1c1e-7c1b-4f5e-9a59-7a4d3c6c2f10",
        sequence=2,
        title="Friday in-house",
        description="Ten players, captains draft.\nThree games; bring a friend.",
        location="Voice channel Radiant",
        starts=starts,
        ends=ends or starts + 4 * HOUR,
        status="CONFIRMED",
        url="https://guild.example.org/events/5",
        created=utc("2026-06-01T08:00"),
        modified=utc("2026-06-02T09:30"),
    )
    return entry._replace(**said)


def written(*entries, name="Guildhall", timezone="Europe/Berlin"):
    return calendar(entries, name=name, timezone=timezone)


def read(content):
    """What a program reads that knows of zones what the calendar says, and nothing else."""
    text = content.decode()
    for block in re.findall(r"^BEGIN:VTIMEZONE\r.*?^END:VTIMEZONE\r", text, re.M | re.S):
        # vobject would rather believe its own.
        zone = tzical(StringIO(block)).get()
        vobject.icalendar.registerTzid(ZONE.search(block)[1], zone)
    [component] = vobject.readComponents(text, validate=True)
    return component


def times_of(event):
    # In UTC, as Python holds no time that comes twice to be equal to any of another zone.
    return tuple(line.value.astimezone(UTC) for line in (event.dtstart, event.dtend))


def lines(content):
    assert content.endswith(b"\r\n")
    return content.removesuffix(b"\r\n").split(b"\r\n")


def unfolded(content):
    return content.decode().replace("\r\n ", "").splitlines()


def kept(text):
    """What a calendar can say of a text: no control characters, and one kind of line break."""
    return re.sub(r"[^\t\n\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]", "", re.sub("\r\n?", "\n", text))


def offsets(vtimezone, until):
    """Each onset of an offset, in UTC, and the offset: RFC 5545, 3.6.5."""
    onsets = []
    for observance in vtimezone.components():
        before, after = (
            datetime.strptime(line.value, "%z").utcoffset()
            for line in (observance.tzoffsetfrom, observance.tzoffsetto)
        )
        starts = observance.dtstart.value
        dates = rruleset()
        dates.rdate(starts)
        for rule in observance.contents.get("rrule", []):
            dates.rrule(rrulestr(rule.value, dtstart=starts))
        for line in observance.contents.get("rdate", []):
            dates.rdate(datetime.fromisoformat(line.value))
        local = takewhile(lambda onset: onset.year <= until, dates)
        onsets += [((onset - before).replace(tzinfo=UTC), after) for onset in local]
    return sorted(onsets)


def test_an_entry_says_all_that_it_has():
    event = read(written(entry())).vevent

    assert {name: line.value for name, [line] in event.contents.items()} == {
        "uid": "5d8e1c1e-7c1b-4f5e-9a59-7a4d3c6c2f10",
        "sequence": "2",
        "summary": "Friday in-house",
        "description": "Ten players, captains draft.\nThree games; bring a friend.",
        "location": "Voice channel Radiant",
        "dtstart": utc("2026-07-03T19:00"),
        "dtend": utc("2026-07-03T23:00"),
        "status": "CONFIRMED",
        "url": "https://guild.example.org/events/5",
        "created": utc("2026-06-01T08:00"),
        "last-modified": utc("2026-06-02T09:30"),
        "dtstamp": utc("2026-06-02T09:30"),
    }


def test_a_calendar_says_its_name_and_when_to_come_back():
    content = read(written(entry(), name="Guild; of the \N{SNOWMAN}, once")).contents

    assert content["version"][0].value == "2.0"
    assert content["prodid"][0].value
    assert content["method"][0].value == "PUBLISH"
    assert content["name"][0].value == "Guild; of the \N{SNOWMAN}, once"
    assert content["x-wr-calname"][0].value == "Guild; of the \N{SNOWMAN}, once"
    assert content["refresh-interval"][0].value == "PT1H"
    assert content["refresh-interval"][0].params == {"VALUE": ["DURATION"]}
    assert content["x-published-ttl"][0].value == "PT1H"


@pytest.mark.parametrize("status", ["TENTATIVE", "CONFIRMED", "CANCELLED"])
def test_an_entry_has_its_status(status):
    assert read(written(entry(status=status))).vevent.status.value == status


def test_what_is_not_said_is_not_there():
    event = read(written(entry(description="", location="", url=""))).vevent

    assert not {"description", "location", "url"}.intersection(event.contents)


@pytest.mark.parametrize("zone", CHANGES)
def test_an_instant_stays_one_on_both_sides_of_a_change_and_across_it(zone):
    times = [change + around for change in CHANGES[zone] for around in AROUND]
    pairs = [(starts, ends) for starts in times for ends in times if starts < ends]

    events = read(written(*(entry(*pair) for pair in pairs), timezone=zone)).vevent_list

    assert [times_of(event) for event in events] == pairs


def test_times_are_local_and_name_their_zone():
    lines = unfolded(written(entry(utc("2026-10-24T18:00"), utc("2026-10-25T11:00"))))

    assert "DTSTART;TZID=Europe/Berlin:20261024T200000" in lines
    assert "DTEND;TZID=Europe/Berlin:20261025T120000" in lines


def test_the_second_of_two_hours_alike_is_in_utc():
    lines = unfolded(written(entry(utc("2026-10-25T00:30"), utc("2026-10-25T01:30"))))

    assert "DTSTART;TZID=Europe/Berlin:20261025T023000" in lines
    assert "DTEND:20261025T013000Z" in lines


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu"])
def test_utc_needs_no_zone(zone):
    content = written(entry(), timezone=zone)

    assert "DTSTART:20260703T190000Z" in unfolded(content)
    assert b"VTIMEZONE" not in content
    assert b"TZID" not in content


def test_times_of_any_zone_are_written_in_the_calendars():
    tokyo = entry(datetime(2026, 7, 4, 4, tzinfo=ZoneInfo("Asia/Tokyo")))

    assert written(tokyo) == written(entry())


def test_a_zone_that_there_is_not_is_an_error():
    with pytest.raises(ZoneInfoNotFoundError):
        written(entry(), timezone="Europe/Atlantis")


@pytest.mark.parametrize("zone", sorted({*CHANGES} - {"UTC"}))
@pytest.mark.parametrize("years", [(2006, 2007), (2018, 2019), (2026,), (2008, 2037)])
def test_a_zone_is_described_as_the_tz_database_has_it(zone, years):
    # Europe/Berlin has one rule for all of them, New York another since 2007, and Casablanca no
    # two years alike.
    firsts = [datetime(year, 1, 1, tzinfo=UTC) for year in years]
    times = [first + hour * HOUR for first in firsts for hour in range(365 * 24)]
    times += [
        change + moment
        for change in CHANGES[zone]
        for moment in (-SECOND, SECOND)
        if change.year in years
    ]

    vtimezone = read(written(*map(entry, firsts), timezone=zone)).vtimezone

    onsets = offsets(vtimezone, until=years[-1] + 1)
    for at in times:
        _, offset = onsets[bisect_right(onsets, at, key=itemgetter(0)) - 1]
        assert offset == at.astimezone(ZoneInfo(zone)).utcoffset(), at


@pytest.mark.parametrize(
    ("zone", "summer", "winter"),
    [
        (
            "Europe/Berlin",
            ["DTSTART:20250330T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"],
            ["DTSTART:20251026T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"],
        ),
        (
            "America/New_York",
            ["DTSTART:20250309T020000", "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"],
            ["DTSTART:20251102T020000", "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"],
        ),
        # The tz database calls its summer the standard time.
        (
            "Europe/Dublin",
            ["DTSTART:20250330T010000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"],
            ["DTSTART:20251026T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"],
        ),
        (
            "Africa/Casablanca",
            ["DTSTART:20250406T020000", "RDATE:20260322T020000"],
            ["DTSTART:20250223T030000", "RDATE:20260215T030000"],
        ),
    ],
)
def test_what_has_a_rule_is_written_as_one(zone, summer, winter):
    # Outlook goes by rules alone.
    lines = unfolded(written(entry(), timezone=zone))

    assert lines.count("BEGIN:DAYLIGHT") == lines.count("BEGIN:STANDARD") == 1
    daylight, standard = lines.index("BEGIN:DAYLIGHT"), lines.index("BEGIN:STANDARD")
    assert lines[daylight + 1 : daylight + 3] == summer
    assert lines[standard + 1 : standard + 3] == winter


def test_what_was_changed_once_is_no_rule():
    assert b"RRULE" not in written(entry(utc("2011-12-31")), timezone="Pacific/Apia")


def test_a_zone_that_never_changes_has_standard_time_alone():
    observances = read(written(entry(), timezone="Asia/Kolkata")).vtimezone.components()

    assert [observance.name for observance in observances] == ["STANDARD"]


def test_years_without_entries_are_not_described():
    # Or an entry by a slip of the keyboard would be paid for by everyone.
    years = [2026, 2080, 9000]

    content = written(
        *(entry(datetime(year, 7, 1, tzinfo=UTC)) for year in years), timezone="Africa/Casablanca"
    )

    described = re.findall(r"(\d{4})\d{4}T", read(content).vtimezone.serialize())
    assert {int(year) for year in described} == {2025, 2026, 2079, 2080}


@pytest.mark.parametrize("zone", CHANGES)
def test_an_empty_calendar_has_its_zone_and_is_valid(zone):
    content = read(written(timezone=zone))

    assert [component.name for component in content.components()] == ["VTIMEZONE"]
    assert content.vtimezone.tzid.value == zone


def test_many_entries_share_one_zone():
    entries = [entry(utc("2026-01-01") + day * 24 * HOUR, uid=str(day)) for day in range(500)]

    content = read(written(*entries))

    assert len(content.vtimezone_list) == 1
    assert [event.uid.value for event in content.vevent_list] == [each.uid for each in entries]


def test_the_same_entries_give_the_same_bytes():
    entries = [entry(), entry(utc("2027-01-01")), entry(utc("2031-01-01"))]

    assert written(*entries) == written(*entries)


def test_a_change_shows():
    assert written(entry()) != written(entry(modified=utc("2026-06-03T00:00"), sequence=3))


@pytest.mark.parametrize("field", ["uid", "title", "description", "location"])
def test_a_line_break_begins_no_property(field):
    content = written(entry(**{field: HOSTILE}))

    event = read(content).vevent
    name = {"title": "summary"}.get(field, field)
    assert event.contents[name][0].value == HOSTILE.replace("\r\n", "\n")
    assert not any(line.startswith(b"ATTENDEE") for line in lines(content))
    assert lines(content).count(b"END:VEVENT") == 1


def test_a_calendars_name_begins_no_property():
    content = written(entry(), name=HOSTILE)

    assert read(content).contents["name"][0].value == HOSTILE.replace("\r\n", "\n")
    assert not any(line.startswith(b"ATTENDEE") for line in lines(content))


def test_a_url_has_one_line():
    with pytest.raises(ValueError, match="CR or LF"):
        written(entry(url=HOSTILE))


def test_control_characters_are_left_out():
    controls = "".join(map(chr, [*range(32), 127]))

    event = read(written(entry(title=f"a{controls}b"))).vevent

    assert event.summary.value == "a\t\n\nb"


# The first example imports icalendar.
@settings(deadline=None)
@given(
    zone=zones,
    name=texts,
    title=texts,
    description=texts,
    location=texts,
    times=st.tuples(instants, instants).map(sorted),
)
@example(
    zone="UTC",
    name="\\N",
    title="C:\\New",
    description="\\\\N\\n",
    location="\ud800\x85\u2028",
    times=[utc("2000-01-01"), utc("2037-12-31")],
)
@example(
    zone="Asia/Kolkata", name="", title="", description="\0", location="😀;\\,\n" * 100,
    times=[utc("2026-01-01"), utc("2026-01-02")],
)  # fmt: skip
def test_what_comes_back_is_what_went_in(zone, name, title, description, location, times):
    said = {"title": title, "description": description, "location": location}

    content = written(entry(*times, **said), name=name, timezone=zone)

    for line in lines(content):
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        line.decode()
    found = read(content)
    assert found.contents["name"][0].value == kept(name)
    assert found.vevent.summary.value == kept(title)
    assert found.vevent.getChildValue("description", "") == kept(description)
    assert found.vevent.getChildValue("location", "") == kept(location)
    assert times_of(found.vevent) == tuple(times)
