"""Who is at the fakes of the other sites on a laptop: the demo's members, and strangers.

No stranger is anybody's yet, so there is somebody to link and to sign in as.
"""

import time
from typing import Final

from tests.fakes.discord import FakeDiscord
from tests.fakes.opendota import FakeOpenDota
from tests.fakes.steam import FakeSteam, match

# As in app.accounts.demo, which cannot be imported without Django; a test compares the two.
NICKNAMES: Final = (
    "Aldous",
    "Brannoch",
    "Cinder",
    "Dunmore",
    "Elowen",
    "Fenwick",
    "Garrick",
    "Hollis",
)
FIRST_ACCOUNT_ID: Final = 4_000_000_001

STRANGERS: Final = ("Isolde", "Jorun", "Kestrel")
# The last numbers whose 64-bit form begins as that of every real account does.
FIRST_STRANGER_ID: Final = 2_039_734_001
# Above those of the demo's matches.
FIRST_MATCH_ID: Final = 9_100_000_001
FIRST_SEQUENCE_NUMBER: Final = 7_100_000_001
MATCHES: Final = 6
FIRST_DISCORD_ID: Final = 1_200_000_000_000_000_001


def populate_steam(steam: FakeSteam) -> None:
    """Let everybody be at Steam; they have played a little with each other today."""
    people = _people()
    accounts = list(people)
    for account_id, name in people.items():
        profile = f"https://steamcommunity.com/id/{name.lower()}/"
        steam.add_player(account_id, personaname=name, profileurl=profile)
    now = int(time.time())
    for number in range(MATCHES):
        played = match(
            match_id=FIRST_MATCH_ID + number,
            seq=FIRST_SEQUENCE_NUMBER + number,
            accounts=[*accounts[number % 3 :], *accounts[: number % 3]][:10],
            start_time=now - (MATCHES - number) * 3600,
            radiant_win=number % 2 == 0,
        )
        steam.add_match(played)


def populate_opendota(opendota: FakeOpenDota, steam: FakeSteam) -> None:
    """Let everybody have the same name there as at Steam, and have played the same."""
    for account_id, name in _people().items():
        opendota.add_player(account_id, name)
    for raw in steam.matches.values():
        opendota.add_match(raw)


def populate_discord(discord: FakeDiscord) -> None:
    """Let everybody be at Discord, and all but the last stranger in the guild.

    And Mallory, who claims the address of a member without having shown that it is theirs.
    """
    names = (*NICKNAMES, *STRANGERS)
    for user_id, name in enumerate(names, FIRST_DISCORD_ID):
        username = name.lower()
        discord.add_user(
            user_id, username=username, global_name=name, email=f"{username}@guildhall.example"
        )
        if name != STRANGERS[-1]:
            discord.join(user_id, nick=f"{name} of the Guild" if user_id % 2 else None)
    mallory = FIRST_DISCORD_ID + len(names)
    claimed = f"{NICKNAMES[0].lower()}@guildhall.example"
    discord.add_user(mallory, username="mallory", email=claimed, verified=False)
    discord.join(mallory)


def _people() -> dict[int, str]:
    strangers = dict(enumerate(STRANGERS, FIRST_STRANGER_ID))
    return strangers | dict(enumerate(NICKNAMES, FIRST_ACCOUNT_ID))
