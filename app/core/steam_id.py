"""Steam's account numbers in their two lengths.

The 64-bit SteamID of an individual account in the public universe is its 32-bit account number
plus a constant: https://developer.valvesoftware.com/wiki/SteamID
"""

import re

_BASE = 76561197960265728
STEAM_ID_MIN = _BASE + 1
# The last account number, 2^32 - 1, is what Steam writes for every anonymous player.
ANONYMOUS = 2**32 - 1
STEAM_ID_MAX = _BASE + ANONYMOUS - 1


def to_steam_id(account_id: int) -> int:
    return account_id + _BASE


def to_account_id(steam_id: int) -> int:
    return steam_id - _BASE


_PROFILE = re.compile(
    r"(?:https?://)?(?:www\.)?steamcommunity\.com/profiles/([^/?#]+)(?:[/?#].*)?", re.I
)
# The forms of https://developer.valvesoftware.com/wiki/SteamID, and an account's bare number.
_STEAM2 = re.compile(r"STEAM_[0-5]:([01]):([0-9]{1,10})", re.I | re.A)
_STEAM3 = re.compile(r"U:1:([0-9]{1,10})|\[U:1:([0-9]{1,10})\]", re.I | re.A)
_NUMBER = re.compile(r"[0-9]{1,17}")


def parse_steam_id(text: str) -> int | None:
    """Answer the SteamID64 that is written as one, as an account number, as STEAM_X:Y:Z, as
    [U:1:n] or as a profile's address; None for anything else, such as a vanity name.
    """
    text = text.strip()
    if profile := _PROFILE.fullmatch(text):
        text = profile[1]
    if found := _STEAM2.fullmatch(text):
        account_id = 2 * int(found[2]) + int(found[1])
    elif found := _STEAM3.fullmatch(text):
        account_id = int(found[1] or found[2])
    elif _NUMBER.fullmatch(text):
        account_id = int(text) if int(text) <= _BASE else to_account_id(int(text))
    else:
        return None
    return to_steam_id(account_id) if 0 < account_id < ANONYMOUS else None
