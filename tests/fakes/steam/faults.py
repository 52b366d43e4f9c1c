"""Scripted misbehaviour: which requests go wrong, and how."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.fakes.steam.replies import (
    HISTORY_NOT_ALLOWED,
    INTERNAL_ERROR,
    MAINTENANCE,
    NOTHING,
    RETRIEVAL_ERROR,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    Reply,
)
from tests.fakes.steam.web_api import METHOD_NAMES

# What Steam says instead of an answer. The kinds below these bend a true answer.
SUBSTITUTES: Final = {
    "429": TOO_MANY_REQUESTS,
    "500": INTERNAL_ERROR,
    "503": UNAVAILABLE,
    "status2": RETRIEVAL_ERROR,
    "status15": HISTORY_NOT_ALLOWED,
    "empty": NOTHING,
    "garbage": MAINTENANCE,
}
KINDS: Final = (*SUBSTITUTES, "truncated", "slow", "drop")
ONLY_ENDPOINT: Final = {
    "status2": "GetMatchHistoryBySequenceNum",
    "status15": "GetMatchHistory",
}
PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "every": int,
    "after": int,
    "times": int,
    "seconds": float,
    "endpoint": str,
}


@dataclass
class Fault:
    """A rule that makes requests go wrong, by count alone so that every run is the same.

    Of the requests it applies to, the first `after` pass; of the rest every `every`-th is
    struck, until `times` of them were.
    """

    kind: str
    every: int = 1
    after: int = 0
    times: int | None = None
    endpoint: str | None = None
    seconds: float = 5.0
    _seen: int = field(default=0, init=False)
    _struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}: one of {', '.join(KINDS)}")
        if self.every < 1 or self.after < 0 or self.seconds < 0:
            raise ValueError("every counts from 1, after and seconds from 0")
        if self.times is not None and self.times < 1:
            raise ValueError("times counts from 1")
        only = ONLY_ENDPOINT.get(self.kind)
        self.endpoint = self.endpoint or only
        if self.endpoint not in {None, *METHOD_NAMES} or (only and self.endpoint != only):
            raise ValueError(f"{self.kind} never happens to {self.endpoint}")

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read the command line's `kind[:name=value,…]`, as `429:every=3,endpoint=GetHeroes`."""
        kind, _, rest = spec.partition(":")
        options: dict[str, Any] = {}
        for option in filter(None, rest.split(",")):
            name, _, value = option.partition("=")
            if name not in PARSERS:
                raise ValueError(f"unknown option {name!r}: one of {', '.join(PARSERS)}")
            options[name] = PARSERS[name](value)
        return cls(kind, **options)

    def strikes(self, method: str) -> bool:
        """Whether this request goes wrong. Asking counts it."""
        if self.endpoint not in {None, method}:
            return False
        self._seen += 1
        due = self._seen > self.after and (self._seen - self.after) % self.every == 0
        if not due or self._struck == self.times:
            return False
        self._struck += 1
        return True

    def spoil(self, answer: Callable[[], Reply]) -> Reply | None:
        """What is sent instead of the answer; None is a connection closed without a word."""
        match self.kind:
            case "drop":
                return None
            case "truncated":
                return answer().cut_short()
            case "slow":
                return answer().delayed(self.seconds)
            case kind:
                return SUBSTITUTES[kind]
