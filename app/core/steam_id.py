"""Steam's account numbers in their two lengths.

The 64-bit SteamID of an individual account in the public universe is its 32-bit account number
plus a constant: https://developer.valvesoftware.com/wiki/SteamID
"""

_BASE = 76561197960265728
STEAM_ID_MIN = _BASE + 1
# The last account number, 2^32 - 1, is what Steam writes for every anonymous player.
ANONYMOUS = 2**32 - 1
STEAM_ID_MAX = _BASE + ANONYMOUS - 1


def to_steam_id(account_id: int) -> int:
    return account_id + _BASE


def to_account_id(steam_id: int) -> int:
    return steam_id - _BASE
