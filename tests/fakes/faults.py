"""Scripted misbehaviour: which requests go wrong, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from tests.fakes.replies import Reply

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
    struck, until `times` of them were. Each service says what its faults look like.
    """

    #: What the service says instead of an answer. The kinds beside these bend a true answer.
    SUBSTITUTES: ClassVar[Mapping[str, Reply]] = {}
    ENDPOINTS: ClassVar[frozenset[str]] = frozenset()
    #: Kinds that one endpoint alone knows.
    ONLY_ENDPOINT: ClassVar[Mapping[str, str]] = {}
    #: What each kind of the service's own makes of a true answer.
    BENT: ClassVar[Mapping[str, Callable[[Reply], Reply]]] = {}

    kind: str
    every: int = 1
    after: int = 0
    times: int | None = None
    endpoint: str | None = None
    seconds: float = 5.0
    _seen: int = field(default=0, init=False)
    _struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        kinds = (*self.SUBSTITUTES, *self.BENT, "truncated", "slow", "drop")
        if self.kind not in kinds:
            raise ValueError(f"unknown fault {self.kind!r}: one of {', '.join(kinds)}")
        if self.every < 1 or self.after < 0 or self.seconds < 0:
            raise ValueError("every counts from 1, after and seconds from 0")
        if self.times is not None and self.times < 1:
            raise ValueError("times counts from 1")
        only = self.ONLY_ENDPOINT.get(self.kind)
        self.endpoint = self.endpoint or only
        if self.endpoint not in {None, *self.ENDPOINTS} or (only and self.endpoint != only):
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

    def strikes(self, endpoint: str) -> bool:
        """Whether this request goes wrong. Asking counts it."""
        if self.endpoint not in {None, endpoint}:
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
            case kind if kind in self.BENT:
                return self.BENT[kind](answer())
            case kind:
                return self.SUBSTITUTES[kind]
