"""The same tournaments played here and in brackets-manager, and what came of them."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from app.tournaments.bracket.build import build
from app.tournaments.bracket.placements import champion
from app.tournaments.bracket.resolution import resolve
from app.tournaments.bracket.structure import Key, Kind, Result, Rules, Section

HERE = Path(__file__).parent
SECTIONS = [Section.UPPER, Section.LOWER, Section.GRAND_FINAL]
"""What brackets-manager calls the groups of an elimination, from 1."""


class Tournament(NamedTuple):
    size: int
    kind: Kind = Kind.DOUBLE_ELIMINATION
    reset: bool = True
    rule: str = "coin"
    """How series are decided: see decide()."""
    number: int = 1

    def request(self) -> dict[str, Any]:
        """What to ask brackets-manager for. It is given no order of drops, and takes its best."""
        settings = {"grandFinal": "double" if self.reset else "simple"}
        stage = {
            "tournamentId": 1,
            "name": "Comparison",
            "type": self.kind,
            "seedingIds": list(range(1, self.size + 1)),
            "settings": settings if self.kind == Kind.DOUBLE_ELIMINATION else {},
        }
        return {"stage": stage, "rule": self.rule, "number": self.number, "waves": None}


class Meeting(NamedTuple):
    section: Section
    a: int
    b: int
    winner: int


class Course(NamedTuple):
    champion: int
    meetings: list[Meeting]

    @property
    def finalists(self) -> set[int]:
        last = self.meetings[-1]
        return {last.a, last.b}

    @property
    def resets(self) -> int:
        return max(0, sum(each.section == Section.GRAND_FINAL for each in self.meetings) - 1)

    @property
    def rematches(self) -> int:
        """How often two met in the lower bracket who had met before.

        That was in the upper bracket: one of those who meet in the lower one is out.
        """
        met: dict[Section, set[frozenset[int]]] = {section: set() for section in SECTIONS}
        for each in self.meetings:
            met[each.section].add(frozenset({each.a, each.b}))
        return len(met[Section.UPPER] & met[Section.LOWER])


def missing() -> str | None:
    """Say what there is not that playing in brackets-manager needs."""
    if shutil.which("node") is None:
        return "there is no node"
    if not (HERE / "node_modules" / "brackets-manager").is_dir():
        return "brackets-manager is not installed: make compare does so"
    return None


def run(requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Have compare.mjs play them, which says what they are made of."""
    command = ["node", str(HERE / "compare.mjs")]
    ran = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any]] = json.loads(ran.stdout)
    return answers


def theirs(tournaments: Sequence[Tournament]) -> list[Course]:
    return [
        Course(
            answer["champion"],
            [Meeting(SECTIONS[group - 1], *rest) for group, *rest in answer["series"]],
        )
        for answer in run([each.request() for each in tournaments])
    ]


def ours(tournament: Tournament) -> Course:
    rules = Rules(tournament.kind, grand_final_reset=tournament.reset)
    bracket = build(rules, tournament.size)
    results: dict[Key, Result] = {}
    met: Counter[frozenset[int]] = Counter()
    while True:
        resolution = resolve(bracket, results)
        ready = {key: state for key, state in resolution.states.items() if state.is_ready}
        if not ready:
            break
        for key, (a, b, _) in ready.items():
            assert a
            assert b
            pair = frozenset({a, b})
            winner = decide(tournament.rule, tournament.number, a, b, met[pair])
            met[pair] += 1
            results[key] = Result(a, b, int(winner == a), int(winner == b), winner)
    first = champion(resolution)
    assert first is not None
    return Course(
        first, [Meeting(key.section, each.a, each.b, each.winner) for key, each in results.items()]
    )


def decide(rule: str, number: int, a: int, b: int, met: int) -> int:
    """Say who wins when two have met so often before: the same here and in compare.mjs.

    By `coin` both are as likely to, by `odds` as likely as the other's seed is high; by `strength`
    it is always the stronger one, in an order that has nothing to do with the seeds.
    """
    if rule == "strength":
        return a if _drawn(f"{number}:{a}") > _drawn(f"{number}:{b}") else b
    low, high = sorted((a, b))
    favourable, of = (high, low + high) if rule == "odds" else (1, 2)
    return low if _drawn(f"{number}:{low}:{high}:{met}") * of < favourable * 2**32 else high


def _drawn(text: str) -> int:
    return int(sha256(text.encode()).hexdigest()[:8], 16)
