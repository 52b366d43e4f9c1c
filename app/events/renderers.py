"""What is not JSON: calendars, and registrations as a table for spreadsheets (RFC 4180, UTF-8)."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse

from app.core.json import JSONRenderer
from app.events.models import Event

COLUMNS = [
    "registration_id",
    "username",
    "display_name",
    "status",
    "position",
    "offer_expires_at",
    "registered_at",
    "checked_in_at",
    "no_show",
    "ended_at",
]
# What a spreadsheet takes for a formula, where a cell begins by any country's separator:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"(^|[,;|\t\r\n])(?=[=+\-@\t\r\n＝＋－＠])")  # noqa: RUF001


class CalendarRenderer(JSONRenderer):
    """Says that it is a calendar. What is none, such as the answer to OPTIONS, is JSON here too."""

    media_type = "text/calendar"
    format = "ics"
    example = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Guildhall//Events//EN\r\nBEGIN:VEVENT\r\n"
        "UID:6f1c3a52-4f0e-4a53-9d0c-3f3f6d3c9a11\r\nSUMMARY:Friday in-house\r\n…\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


class CSVRenderer(JSONRenderer):
    """Says that there is ?format=csv. What is no table is JSON there too."""

    media_type = "text/csv"
    format = "csv"
    example = (
        f"{','.join(COLUMNS)}\r\n31,ada,The Countess,registered,,,2026-11-20T12:00:00Z,,no,\r\n"
    )


def registrations_as_csv(event: Event, rows: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """Answer rows such as RegistrationSerializer's, as a file to be downloaded."""
    out = io.StringIO()
    # Without this mark, Excel reads it as the country's old encoding.
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for row in rows:
        member = row["member"]
        cells = [
            row["id"],
            member["username"],
            member["display_name"],
            row["status"],
            row["position"],
            row["offer_expires_at"],
            row["created_at"],
            row["checked_in_at"],
            row["no_show"],
            row["ended_at"],
        ]
        table.writerow(map(_cell, cells))
    response = HttpResponse(out.getvalue(), content_type=f"{CSVRenderer.media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="event-{event.pk}-registrations.csv"'
    return response


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "isoformat"):
        return str(value.isoformat(timespec="seconds")).replace("+00:00", "Z")
    return _FORMULA.sub(r"\1'", str(value))
