"""A fake of the Steam Web API and of Steam's OpenID over real HTTP, for tests and work at a desk.

In a test:

    with FakeSteam(matches=[match(match_id=1, seq=10, accounts=[86745912])]) as steam:
        settings.STEAM_API_URL, settings.STEAM_OPENID_URL = steam.url, steam.openid_url
        steam.fail("429", times=2)
        ...
        assert steam.count("GetMatchHistory") == 3
        back = steam.assertion(login_url, 86745912)

As a process, with the same controls under `/_fake/`:

    python -m tests.fakes.steam --payloads DIR --port 8570 --fault 429:every=3
"""

from tests.fakes.server import Call
from tests.fakes.steam.fake import DEFAULT_KEY, FakeSteam
from tests.fakes.steam.faults import Fault
from tests.fakes.steam.fixtures import BOT, live_league_game, match, top_game
from tests.fakes.steam.matches import ANONYMOUS
from tests.fakes.steam.web_api import STEAM_ID_BASE

__all__ = [
    "ANONYMOUS",
    "BOT",
    "DEFAULT_KEY",
    "STEAM_ID_BASE",
    "Call",
    "FakeSteam",
    "Fault",
    "live_league_game",
    "match",
    "top_game",
]
