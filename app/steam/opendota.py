"""OpenDota, for matches that Steam will not give: https://docs.opendota.com/"""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.steam import payloads
from app.steam.client import MalformedMatch
from app.steam.transport import GARBLED, Budget, Client, Transport

MATCHES = "matches"


class OpenDotaClient(Client):
    """OpenDota's answers."""

    def __init__(
        self,
        *,
        url: str,
        key: str,
        budget: Budget,
        timeout: float = 10,
        backoff: float = 0.5,
        attempts: int = 2,
    ) -> None:
        self.transport = Transport(
            url=url,
            # OpenDota takes its key in the query alone; nothing of ours logs or tells a URL.
            params={"api_key": key} if key else {},
            budget=budget,
            timeout=timeout,
            backoff=backoff,
            attempts=attempts,
        )

    def match(self, *, match_id: int) -> payloads.Match:
        """Answer a match in full. Raises NotThere when OpenDota has none, MalformedMatch."""
        raw = self.transport.get(f"/matches/{match_id}", dict[str, Any], endpoint=MATCHES)
        try:
            match = msgspec.convert(_without_nulls(raw), payloads.Match)
            if match.match_id != match_id or not match.players:
                raise msgspec.ValidationError("it is another match, or nobody's")
        except GARBLED as error:
            self.transport.quarantine(MATCHES, msgspec.json.encode(raw), str(error))
            raise MalformedMatch(f"{MATCHES}: {error}") from None
        return match


def _without_nulls(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is null, as Steam does: an anonymous account, a field of a later patch."""
    known = {name: value for name, value in raw.items() if value is not None}
    if isinstance(players := known.get("players"), list):
        known["players"] = [
            {name: value for name, value in player.items() if value is not None}
            if isinstance(player, dict)
            else player
            for player in players
        ]
    return known
