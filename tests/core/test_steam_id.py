import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.steam_id import (
    ANONYMOUS,
    STEAM_ID_MAX,
    STEAM_ID_MIN,
    parse_steam_id,
    to_account_id,
    to_steam_id,
)

# One account, in all its forms: https://developer.valvesoftware.com/wiki/SteamID
STEAM_ID, ACCOUNT_ID = 76561197960287930, 22202
FORMS = [
    "76561197960287930",
    "22202",
    "STEAM_0:0:11101",
    "STEAM_1:0:11101",
    "STEAM_5:0:11101",
    "[U:1:22202]",
    "U:1:22202",
    "https://steamcommunity.com/profiles/76561197960287930/",
    "https://steamcommunity.com/profiles/76561197960287930",
    "http://steamcommunity.com/profiles/76561197960287930",
    "https://www.steamcommunity.com/profiles/76561197960287930/",
    "www.steamcommunity.com/profiles/76561197960287930",
    "steamcommunity.com/profiles/76561197960287930/",
    "https://steamcommunity.com/profiles/[U:1:22202]",
]
accounts = st.integers(1, ANONYMOUS - 1)


def written(account_id):
    """The forms that an account's number is written in."""
    steam_id = to_steam_id(account_id)
    return [
        str(account_id),
        str(steam_id),
        f"STEAM_0:{account_id % 2}:{account_id // 2}",
        f"STEAM_1:{account_id % 2}:{account_id // 2}",
        f"[U:1:{account_id}]",
        f"https://steamcommunity.com/profiles/{steam_id}/",
    ]


@pytest.mark.parametrize("text", FORMS)
def test_an_account_is_told_by_each_of_its_forms(text):
    assert parse_steam_id(text) == STEAM_ID


@pytest.mark.parametrize("text", FORMS)
@pytest.mark.parametrize("change", [str.lower, str.upper, " {} ".format, "\t{}\n".format])
def test_case_and_the_space_around_make_no_difference(text, change):
    assert parse_steam_id(change(text)) == STEAM_ID


def test_the_last_bit_of_an_account_is_written_apart():
    assert parse_steam_id("STEAM_0:1:11101") == STEAM_ID + 1
    assert parse_steam_id("STEAM_0:1:0") == STEAM_ID_MIN


def test_the_two_lengths_of_a_number_are_one_account():
    assert to_account_id(STEAM_ID) == ACCOUNT_ID
    assert to_steam_id(ACCOUNT_ID) == STEAM_ID


@pytest.mark.parametrize("account_id", [1, 2, 2**31 - 1, 2**31, ANONYMOUS - 1])
def test_the_first_and_the_last_account_are_accounts(account_id):
    assert {parse_steam_id(text) for text in written(account_id)} == {to_steam_id(account_id)}


@pytest.mark.parametrize("account_id", [0, ANONYMOUS, ANONYMOUS + 1])
def test_nobody_and_the_anonymous_are_no_accounts(account_id):
    assert {parse_steam_id(text) for text in written(account_id)} == {None}


@pytest.mark.parametrize(
    "number",
    [
        STEAM_ID_MIN - 2,
        STEAM_ID_MIN - 1,
        STEAM_ID_MAX + 1,
        STEAM_ID_MAX + 2,
        to_steam_id(2**32),
        76561197960287930 + 2**56,  # the same account of Valve's beta universe
        103582791429521412,  # a group
        2**63,
        2**64,
        -1,
        -STEAM_ID,
    ],
)
def test_a_number_outside_of_the_universe_is_no_account(number):
    assert parse_steam_id(str(number)) is None
    assert parse_steam_id(f"https://steamcommunity.com/profiles/{number}") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "gabelogannewell",
        "https://steamcommunity.com/id/gabelogannewell/",  # only Steam knows whose that is
        "https://steamcommunity.com/profiles/",
        "https://steamcommunity.com/profiles/gabelogannewell",
        "https://steamcommunity.com.evil.example/profiles/76561197960287930",
        "https://evil.example/steamcommunity.com/profiles/76561197960287930",
        "https://steamcommunity.example/profiles/76561197960287930",
        "ftp://steamcommunity.com/profiles/76561197960287930",
        "STEAM_0:2:11101",
        "STEAM_6:0:11101",
        "STEAM_0:0",
        "STEAM_0:0:",
        "STEAM_0:0:-1",
        "STEAM_0:0:11101:1",
        "[U:1:]",
        "[U:2:22202]",
        "[G:1:22202]",
        "[A:1:22202]",
        "[U:1:22202:1]",
        "22202 22203",
        "22 202",
        "22202.0",
        "2_2202",
        "+22202",
        "0x56ba",
        "2e4",
        "²²",
        "٢٢٢٠٢",  # digits that int() would take
        "22202\x00",
        "76561197960287930\n76561197960287930",
        "NaN",
        "9" * 5000,  # more digits than int() takes
        "STEAM_0:0:" + "9" * 5000,
        "[U:1:" + "9" * 5000 + "]",
    ],
)
def test_what_is_no_account_is_none(text):
    assert parse_steam_id(text) is None


@given(accounts)
@example(ACCOUNT_ID)
def test_whatever_account_is_written_is_read(account_id):
    steam_id = to_steam_id(account_id)

    assert to_account_id(steam_id) == account_id
    assert STEAM_ID_MIN <= steam_id <= STEAM_ID_MAX
    assert {parse_steam_id(text) for text in written(account_id)} == {steam_id}


@given(accounts)
def test_what_was_read_is_read_again(account_id):
    steam_id = parse_steam_id(str(account_id))

    assert parse_steam_id(str(steam_id)) == steam_id


@given(st.text() | st.from_regex(re.compile(r"(STEAM_|\[?U:|https?://)?[\d:./\[\]]*")))
def test_whatever_is_typed_is_an_account_or_none(text):
    found = parse_steam_id(text)

    assert found is None or STEAM_ID_MIN <= found <= STEAM_ID_MAX
