"""A fake of OpenDota's API over real HTTP, which has the matches that Steam hides as well.

    with FakeOpenDota(matches=[match(match_id=1, seq=10, accounts=[86745912])]) as opendota:
        settings.OPENDOTA_URL = opendota.api_url
        opendota.fail("503", times=1)
        ...
        assert opendota.count("matches") == 2

Matches are in Steam's shape, as `tests.fakes.steam.match` makes them. Endpoints, as calls and
faults name them: matches and search.
"""

from tests.fakes.opendota.fake import DEFAULT_KEY, FakeOpenDota
from tests.fakes.opendota.faults import Fault
from tests.fakes.server import Call

__all__ = ["DEFAULT_KEY", "Call", "FakeOpenDota", "Fault"]
