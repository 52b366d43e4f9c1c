import os
from pathlib import Path

import pytest

from app.core.steam_id import to_steam_id
from tests.factories import UserFactory
from tests.fakes.steam import FakeSteam
from tests.fakes.steam.fixtures import match

# Five who become members, and whom nobody knows.
ACCOUNTS = [100_000_101, 100_000_102, 100_000_103, 100_000_104, 100_000_105]
STRANGERS = [200_000_001 + number for number in range(60)]


def made_up_matches():
    """Forty matches: some with one member, some with two or all, some with none."""
    crowds = [[0], [1, 2], [], [3], [0, 1, 2, 3, 4], [4], [2, 4], []]
    for number in range(40):
        ours = [ACCOUNTS[index] for index in crowds[number % len(crowds)]]
        others = [STRANGERS[(number * 7 + slot) % len(STRANGERS)] for slot in range(3)]
        yield match(
            # Seqs follow a match's end and ids its start, so the orders differ.
            match_id=8_009_000_000 + number * 13 + (5 if number % 3 else 0),
            seq=6_737_000_000 + (number ^ 1) * 3,
            accounts=[*ours, *others, *[None] * (7 - len(ours))],
            start_time=1_790_000_000 + number * 600,
        )


@pytest.fixture
def steam(settings):
    """Steam with the made-up matches."""
    with FakeSteam(matches=list(made_up_matches())) as fake:
        settings.STEAM_API_URL = fake.url
        settings.STEAM_API_KEY = fake.key
        yield fake


def _recorded():
    """The folder of recorded pages that STEAM_PAYLOADS names, if it names one."""
    folder = os.environ.get("STEAM_PAYLOADS")
    return [pytest.param(Path(folder), id="recorded")] if folder else []


@pytest.fixture(params=[pytest.param(None, id="made-up"), *_recorded()])
def any_steam(request, settings):
    """Steam with the made-up matches, and Steam with recorded ones where there are some."""
    if request.param is None:
        fake = FakeSteam(matches=list(made_up_matches()))
    else:
        fake = FakeSteam.from_payloads(request.param)
    with fake:
        settings.STEAM_API_URL = fake.url
        settings.STEAM_API_KEY = fake.key
        yield fake


@pytest.fixture
def members(db):
    return [UserFactory(steam_id=to_steam_id(account)) for account in ACCOUNTS]
