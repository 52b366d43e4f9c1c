"""Which matches there are, and in which order each method finds those that have surfaced."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from math import inf
from typing import Any, Final

Raw = dict[str, Any]

ANONYMOUS: Final = 4294967295


class Matches:
    """Indexed, so that a call costs what it answers and not what there is.

    A row may be changed in place, except for its id, its sequence number and its accounts: those
    are as they were when the match was added.
    """

    def __init__(self) -> None:
        self.by_id: dict[int, Raw] = {}
        #: Of the surfaced matches, ids in their order by each account that is no secret.
        self.by_account: dict[int, list[int]] = {}
        self._ids: list[int] = []
        self._sequence: list[tuple[int, int]] = []
        #: When each match surfaces; the first so many of them have.
        self._due: list[tuple[float, int]] = []
        self._surfaced = 0
        self._due_at: dict[int, float] = {}
        #: What a match is indexed by, which a changed row no longer tells.
        self._keys: dict[int, tuple[int, frozenset[int]]] = {}

    def add(self, raw: Raw, surfaces_at: float = -inf) -> None:
        match_id = raw["match_id"]
        if match_id in self.by_id:
            self._remove(match_id)
        self.by_id[match_id] = raw
        accounts = {player.get("account_id", ANONYMOUS) for player in raw["players"]}
        self._keys[match_id] = raw["match_seq_num"], frozenset(accounts - {ANONYMOUS})
        self._due_at[match_id] = surfaces_at
        place = bisect_left(self._due, (surfaces_at, match_id))
        self._due.insert(place, (surfaces_at, match_id))
        if place < self._surfaced:
            self._surfaced += 1
            self._show(match_id)

    def surface(self, now: float) -> None:
        """Show what is due, and hide again what no longer is: a test's clock may go back."""
        while self._surfaced < len(self._due) and self._due[self._surfaced][0] <= now:
            self._show(self._due[self._surfaced][1])
            self._surfaced += 1
        while self._surfaced and self._due[self._surfaced - 1][0] > now:
            self._surfaced -= 1
            self._hide(self._due[self._surfaced][1])

    def descending(self, *, start: int | None = None) -> Iterator[Raw]:
        """All matches by their ids, from the given one on."""
        return self._descend(self._ids, start)

    def of_account(self, account_id: int) -> Iterator[Raw]:
        """An account's matches by their ids, the greatest first."""
        return self._descend(self.by_account.get(account_id, []))

    def ascending(self, *, start: int) -> Iterator[Raw]:
        """All matches by their sequence numbers, from the given one on."""
        for place in range(bisect_left(self._sequence, (start,)), len(self._sequence)):
            yield self.by_id[self._sequence[place][1]]

    def _descend(self, ids: list[int], start: int | None = None) -> Iterator[Raw]:
        end = len(ids) if start is None else bisect_right(ids, start)
        for place in reversed(range(end)):
            yield self.by_id[ids[place]]

    def _show(self, match_id: int) -> None:
        seq, known = self._keys[match_id]
        insort(self._ids, match_id)
        insort(self._sequence, (seq, match_id))
        for account_id in known:
            insort(self.by_account.setdefault(account_id, []), match_id)

    def _hide(self, match_id: int) -> None:
        seq, known = self._keys[match_id]
        del self._ids[bisect_left(self._ids, match_id)]
        del self._sequence[bisect_left(self._sequence, (seq, match_id))]
        for account_id in known:
            ids = self.by_account[account_id]
            del ids[bisect_left(ids, match_id)]
            if not ids:
                del self.by_account[account_id]

    def _remove(self, match_id: int) -> None:
        place = bisect_left(self._due, (self._due_at[match_id], match_id))
        del self._due[place]
        if place < self._surfaced:
            self._surfaced -= 1
            self._hide(match_id)
