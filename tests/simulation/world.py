"""A scripted month at Steam: who plays when and with whom, who hides, and how Steam fails.

All of it follows from the seed. What is true at any time is known without asking the fake, so that
what the database holds in the end can be compared with it.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from app.accounts.models import User
from app.core.steam_id import to_steam_id
from tests.factories import UserFactory
from tests.fakes.steam import FakeSteam
from tests.fakes.steam.fixtures import match
from tests.simulation.clock import Clock

MINUTE, HOUR, DAY = 60, 3600, 86400
FIRST_ACCOUNT = 100_000_001
FIRST_STRANGER = 900_000_001


@dataclass
class Player:
    account: int
    sessions_a_day: float
    member: User | None = None
    """Who has linked the account now."""
    linked_at: float | None = None
    """When it was first linked."""
    is_private: bool = False
    busy_until: float = 0


@dataclass
class World:
    """Events in their order; `match_id` follows a match's start and `seq` its end, as at Steam."""

    steam: FakeSteam
    clock: Clock
    rng: random.Random
    players: list[Player] = field(default_factory=list)
    matches: int = 0
    sessions: int = 0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: "itertools.count[int]" = field(default_factory=itertools.count)

    def at(self, moment: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._number), event))

    @property
    def next_at(self) -> float:
        return self._events[0][0] if self._events else float("inf")

    def happen(self) -> None:
        heapq.heappop(self._events)[2]()

    def populate(self, members: int, days: float) -> None:
        """Let accounts have a past, link most of them, and write the script of the days."""
        start = self.clock.now
        for number in range(members):
            activity = self.rng.choices([1.2, 0.4, 0.05, 0.0], [25, 30, 25, 20])[0]
            player = Player(FIRST_ACCOUNT + number, activity)
            self.players.append(player)
            self.steam.add_player(player.account)
            if self.rng.random() < 0.1:
                self.steam.hide_profile(player.account)
        for player in self.players:
            # One in fifty has played more than a history shows of a page.
            past = (
                self.rng.choice([0, 2, 5, 12]) if player.sessions_a_day else self.rng.randint(0, 3)
            )
            past = self.rng.randint(120, 260) if self.rng.random() < 0.01 else past
            for _ in range(past):
                began = start - self.rng.uniform(2 * HOUR, 200 * DAY)
                self._play([player], began, began + self.rng.uniform(25, 55) * MINUTE)
        for number, player in enumerate(self.players):
            # A tenth comes in the course of the month.
            late = number % 10 == 0
            self._link(player, start + self.rng.uniform(0, 0.7 * days) * DAY if late else None)
            self._script(player, start, days)

    def _link(self, player: Player, moment: float | None) -> None:
        def link() -> None:
            player.member = cast(User, UserFactory(steam_id=to_steam_id(player.account)))
            if player.linked_at is None:
                player.linked_at = self.clock.now

        if moment is None:
            link()
        else:
            self.at(moment, link)

    def _script(self, player: Player, start: float, days: float) -> None:
        moment = start
        while player.sessions_a_day:
            moment += self.rng.expovariate(player.sessions_a_day / DAY)
            if moment > start + days * DAY:
                break
            self.at(moment, lambda: self._session(player))
        chance = self.rng.random()
        if chance < 0.06:
            begin = start + self.rng.uniform(0, 0.6 * days) * DAY
            self.at(begin, lambda: self._set_private(player, True))
            self.at(begin + self.rng.uniform(1, 8) * DAY, lambda: self._set_private(player, False))
        elif chance < 0.09:
            self.at(start + self.rng.uniform(0.2, 0.9) * days * DAY, lambda: self._unlink(player))

    def _set_private(self, player: Player, is_private: bool) -> None:
        player.is_private = is_private
        (self.steam.make_private if is_private else self.steam.make_public)(player.account)

    def _unlink(self, player: Player) -> None:
        if player.member is not None:
            User.objects.filter(pk=player.member.pk).update(steam_id=None)
            player.member = None
            if self.rng.random() < 0.5:
                # … and comes back with it as somebody else.
                self._link(player, self.clock.now + self.rng.uniform(1, 60) * HOUR)

    def _session(self, player: Player) -> None:
        now = self.clock.now
        friends = self.rng.choices(self.players, k=self.rng.choice([0, 0, 0, 1, 2, 4]))
        party = {each.account: each for each in [player, *friends] if each.busy_until <= now}
        if player.account not in party:
            return
        self.sessions += 1
        self.steam.play(*party)
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            began = now + self.rng.uniform(2, 8) * MINUTE
            now = began + self.rng.uniform(20, 60) * MINUTE
            self._play(list(party.values()), began, now)
        for each in party.values():
            each.busy_until = now
        self.at(now + MINUTE, lambda: self.steam.stop_playing(*party))

    def _play(self, party: list[Player], began: float, ended: float) -> None:
        """Let a match be played, which Steam tells of when it is over, or later, or never."""
        self.matches += 1
        # Unique, and in the order of start and of end.
        match_id = int(began * 10) * 1000 + self.matches % 1000
        seq = int(ended * 10) * 1000 + self.matches % 1000
        strangers = [FIRST_STRANGER + self.rng.randrange(10**6) for _ in range(3)]
        seats: list[int | None] = [*(each.account for each in party), *dict.fromkeys(strangers)]
        seats = (seats + [None] * 10)[:10]
        self.rng.shuffle(seats)
        chance = self.rng.random()
        lobby = 1 if chance < 0.02 else self.rng.choice([0, 7, 7, 7])
        raw = match(
            match_id=match_id,
            seq=seq,
            accounts=seats,
            start_time=int(began),
            duration=int(ended - began),
            radiant_win=self.rng.random() < 0.5,
            lobby_type=lobby,
            game_mode=self.rng.choice([22, 22, 23]),
            ability_upgrades=False,
        )
        if chance < 0.02:
            self.steam.add_unticketed(raw)
        elif chance < 0.07:
            self.steam.surface(raw, at=ended + self.rng.uniform(5, 55) * MINUTE)
        else:
            self.steam.surface(raw, at=ended)
            if chance < 0.10:
                # Filtered, some as soon as they are listed and some for ever.
                hidden_at = ended + self.rng.choice([0, 0.2, 3]) * HOUR
                self.at(max(hidden_at, self.clock.now), lambda: self.steam.hide(match_id))
                if chance < 0.085:
                    shown_at = max(hidden_at, self.clock.now) + self.rng.uniform(2, 40) * HOUR
                    self.at(shown_at, lambda: self.steam.reveal(match_id))
