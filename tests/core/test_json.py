import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.functional import lazystr
from rest_framework.exceptions import ParseError
from rest_framework.utils.serializer_helpers import ReturnDict, ReturnList

from app.accounts.serializers import UserSerializer
from app.core.json import JSONParser, JSONRenderer, RequestTooLarge


def read(body):
    return JSONParser().parse(io.BytesIO(body))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (
            b'{"name": "\xc3\xa9", "seed": 1, "played": null}',
            {"name": "é", "seed": 1, "played": None},
        ),
        (b" [1.5, true] ", [1.5, True]),
        (b'"\\ud83e\\uddd9"', "\U0001f9d9"),
        (b"18446744073709551615", 2**64 - 1),
        (b"-9223372036854775808", -(2**63)),
    ],
)
def test_json_is_read(body, value):
    assert read(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[1 2]",
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"01",
        b'"\\ud800"',
        b'"\xff"',
        b'"\0"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"{} {}",
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
)
def test_what_is_not_strictly_json_is_malformed(body):
    with pytest.raises(ParseError):
        read(body)


def test_a_body_has_a_largest_size(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    assert read(b'"' + b"x" * 998 + b'"') == "x" * 998
    with pytest.raises(RequestTooLarge, match="larger than 1,000 bytes"):
        read(b'"' + b"x" * 999 + b'"')


@pytest.mark.django_db
def test_too_large_a_body_is_a_413_in_the_format(member_api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    response = member_api.patch("/api/users/me/", {"nickname": "x" * 1_000})

    assert response.status_code == 413
    assert response.json() == {
        "detail": "The request body is larger than 1,000 bytes.",
        "code": "request_too_large",
    }


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (None, b""),
        ({"a": [1, None, "é"]}, '{"a":[1,null,"é"]}'.encode()),
        ({1: 2}, b'{"1":2}'),
        (datetime(2026, 10, 1, 20, tzinfo=UTC), b'"2026-10-01T20:00:00Z"'),
        (datetime(2026, 10, 1, 20, 0, 0, 5, tzinfo=UTC), b'"2026-10-01T20:00:00.000005Z"'),
        (date(2026, 10, 1), b'"2026-10-01"'),
        (Decimal("1.50"), b'"1.50"'),
        (UUID(int=7), b'"00000000-0000-0000-0000-000000000007"'),
        (lazystr("later"), b'"later"'),
        (ReturnDict({"a": 1}, serializer=UserSerializer()), b'{"a":1}'),
        (ReturnList([1], serializer=UserSerializer()), b"[1]"),
    ],
)
def test_what_answers_are_made_of_is_written(value, body):
    assert JSONRenderer().render(value) == body


def test_what_has_no_json_form_is_an_error_and_not_a_guess():
    with pytest.raises(TypeError):
        JSONRenderer().render({"a": object()})


@pytest.mark.django_db
def test_json_is_utf_8_without_saying_so(api):
    assert api.get("/api/settings/")["Content-Type"] == "application/json"
