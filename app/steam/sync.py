"""The steps of the sync: a member's history, then the details of its matches.

Each step may run twice, or be killed half-way and run again, and ends the same.
"""

from collections.abc import Sequence

from app.accounts.models import User
from app.core.steam_id import to_account_id
from app.steam import payloads, services
from app.steam.client import MalformedMatch, PrivateHistory, SteamClient
from app.steam.ingest import store_matches
from app.steam.models import Match


def sync_history(*, client: SteamClient, member: User) -> list[int]:
    """Read what is new in the member's history.

    Answers the ids of the matches whose details are still to be fetched. Raises SteamError when
    Steam does not answer; then nothing is noted.
    """
    steam_id = member.steam_id
    assert steam_id is not None
    known = services.newest_known_match(member=member, steam_id=steam_id)
    try:
        matches = _history(client, account_id=to_account_id(steam_id), known=known)
    except PrivateHistory as error:
        services.record_private_history(member=member, steam_id=steam_id, error=str(error))
        return []
    return services.record_history(member=member, steam_id=steam_id, matches=matches)


def _history(client: SteamClient, *, account_id: int, known: int) -> list[payloads.HistoryMatch]:
    """Page from the newest match down to the page that has the known one.

    That page is taken whole: a long match that ended late has a lower id than what was known.
    """
    found: list[payloads.HistoryMatch] = []
    start: int | None = None
    while True:
        page = client.match_history(account_id=account_id, start_at_match_id=start)
        found += page.matches
        # Matches that Steam filters out are in the count and not in the list.
        if not page.matches or page.results_remaining == 0:
            return found
        oldest = min(match.match_id for match in page.matches)
        if oldest <= known:
            return found
        start = oldest - 1


def fetch_matches(*, client: SteamClient, match_ids: Sequence[int]) -> None:
    """Fetch and store those of the matches that are still pending, one call each.

    Raises SteamError when Steam stops answering; what came until then is stored.
    """
    pending = Match.objects.pending().filter(match_id__in=match_ids).order_by("-match_id")
    fetched: list[payloads.Match] = []
    try:
        for match_id, seq_num in pending.values_list("match_id", "match_seq_num"):
            try:
                match = client.match(match_id=match_id, match_seq_num=seq_num)
            except MalformedMatch as error:
                services.record_unavailable(match_id=match_id, reason=f"Malformed: {error}")
                continue
            if match is None:
                services.record_unavailable(match_id=match_id, reason="Steam hides this match.")
            else:
                fetched.append(match)
    finally:
        store_matches(fetched)
