"""Ratios, gates and the Markdown tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from tests.benchmarks import brackets, crowd, curve, matches
from tests.benchmarks.cases import CASES
from tests.benchmarks.harness import MEMORY_AFTER, WARM_UP, Figures
from tests.benchmarks.roster import (
    FASTAPI_ASYNC,
    GUILDHALL,
    GUILDHALL_CACHED,
    PEERS,
    STOCK,
    Peer,
)

Path: TypeAlias = tuple[str, ...]
"""Where among a peer's figures one is."""


class Gate(NamedTuple):
    """What a figure, or its ratio to another, must be at most, and what would be better still."""

    ours: Peer
    figure: Path
    most: float
    stretch: float | None = None
    theirs: Peer | None = None
    their_figure: Path | None = None
    """The same, unless it says otherwise."""
    least: float = 0


GATES: tuple[Gate, ...] = (
    Gate(GUILDHALL, ("page", "median"), 0.55, 0.4, FASTAPI_ASYNC),
    Gate(GUILDHALL, ("one", "median"), 0.7, 0.55, FASTAPI_ASYNC),
    Gate(GUILDHALL, ("create", "median"), 0.75, 0.5, FASTAPI_ASYNC),
    Gate(GUILDHALL, ("hello", "median"), 3, 1.8, FASTAPI_ASYNC),
    Gate(GUILDHALL_CACHED, ("page", "median"), 0.3, 0.1, FASTAPI_ASYNC),
    Gate(GUILDHALL_CACHED, ("one", "median"), 0.3, 0.1, FASTAPI_ASYNC),
    Gate(GUILDHALL, ("cold", "wall"), 1, 0.9, STOCK),
    Gate(GUILDHALL, ("cold", "wall"), 0.7, 0.6, FASTAPI_ASYNC),
    Gate(GUILDHALL, ("cold", "memory"), 1.15, theirs=STOCK),
    Gate(GUILDHALL, ("memory", "growth"), 2),
    Gate(GUILDHALL, ("connections",), 1, least=1),
)
CURVE_GATES = tuple(
    Gate(GUILDHALL, ("curve", *ours), most, theirs=GUILDHALL, their_figure=("curve", *theirs))
    for ours, theirs, most in (
        (("tournament", "many"), ("tournament", "few"), 1.2),
        (("first", "many"), ("first", "few"), 1.2),
        (("linked", "many"), ("large", "many"), 2),
    )
)
# Of more that match, more is counted, and more is put in order.
_GROWING = {"half a year", "common"}
CROWD_GATES = (
    *(
        Gate(
            GUILDHALL,
            ("crowd", name, "many"),
            2 if name in _GROWING else 1.5,
            theirs=GUILDHALL,
            their_figure=("crowd", name, "few"),
        )
        for name in crowd.TITLES
    ),
    Gate(GUILDHALL, ("crowd", "whole"), 0),
)
BRACKET_GATES = (
    Gate(GUILDHALL, ("brackets", "draw", "ms"), 60),
    *(
        Gate(GUILDHALL, ("brackets", name, "statements"), most)
        for name, most in (
            ("start", 12),
            ("captain", 12),
            ("confirm", 12),
            ("report", 12),
            ("page", 6),
            ("new page", 6),
        )
    ),
    Gate(GUILDHALL, ("brackets", "page", "bytes"), 150_000),
    Gate(GUILDHALL, ("brackets", "new page", "bytes"), 150_000),
    *(
        Gate(
            GUILDHALL,
            ("brackets", name, larger),
            most,
            theirs=GUILDHALL,
            their_figure=("brackets", name, smaller),
        )
        for names, larger, smaller, most in (
            # Of 32 times as many teams.
            (["report"], "large", "small", 8),
            (["page"], "large", "small", 16),
            (brackets.LISTS, "many", "few", 1.5),
        )
        for name in names
    ),
    Gate(GUILDHALL, ("brackets", "whole"), 0),
)
MATCH_GATES = (
    Gate(GUILDHALL, ("matches", "ingest", "statements"), 6),
    Gate(GUILDHALL, ("matches", "ingest", "again statements"), 2),
    Gate(GUILDHALL, ("matches", "ingest", "changed"), 0),
    Gate(
        GUILDHALL,
        ("matches", "ingest", "bulk"),
        0.1,
        theirs=GUILDHALL,
        their_figure=("matches", "ingest", "plain"),
    ),
    *(
        Gate(
            GUILDHALL,
            ("matches", name, "many"),
            1.5,
            theirs=GUILDHALL,
            their_figure=("matches", name, "few"),
        )
        for name in matches.LISTS
    ),
    Gate(GUILDHALL, ("matches", "whole"), 0),
)


def judge(
    figures: Mapping[str, Figures], gates: Iterable[Gate], margin: float
) -> list[dict[str, Any]]:
    """Answer each gate with its value, and whether that is held: ratios, within the margin."""
    verdicts = []
    for gate in gates:
        value, most = _figure(figures[gate.ours.name], gate.figure), gate.most
        name = f"{gate.ours.name}: {' '.join(gate.figure)}"
        if gate.theirs:
            their_figure = gate.their_figure or gate.figure
            value /= _figure(figures[gate.theirs.name], their_figure)
            most *= 1 + margin
            versus = gate.theirs.name if gate.theirs != gate.ours else " ".join(their_figure)
            name += f" ÷ {versus}"
        verdicts.append(
            {
                "gate": name,
                "value": round(value, 3),
                "least": gate.least,
                "most": gate.most,
                "stretch": gate.stretch,
                "within": gate.least <= value <= gate.most,
                "reached": gate.stretch is not None and value <= gate.stretch,
                "held": gate.least <= value <= most,
            }
        )
    return verdicts


def markdown(
    figures: Mapping[str, Figures],
    verdicts: Iterable[Mapping[str, Any]],
    games: int,
    registrations: int,
    series: int,
    players: int,
) -> str:
    """Answer the tables of what was measured, with so many games, registrations, series and rows of
    players.
    """
    ours, tables = figures[GUILDHALL.name], []
    if "page" in ours:
        tables += [_warm(figures), _work(figures), _cold(figures), _memory(ours)]
    if "curve" in ours:
        tables.append(_curve(figures, games))
    if "crowd" in ours:
        tables.append(_crowd(ours["crowd"], registrations))
    if "brackets" in ours:
        tables += _brackets(ours["brackets"], series)
    if "matches" in ours:
        tables += _matches(ours["matches"], players)
    return "\n\n".join([*tables, _gates(verdicts)])


def _warm(figures: Mapping[str, Figures]) -> str:
    names = [case.name for case in CASES]
    return _table(
        ["warm, µs: median (p99)", *(case.title for case in CASES)],
        [
            [peer, *(f"{of[name]['median']:,.0f} ({of[name]['p99']:,.0f})" for name in names)]
            for peer, of in figures.items()
        ]
        + _ratios(figures, [(name, "median") for name in names]),
    )


def _work(figures: Mapping[str, Figures]) -> str:
    names = [case.name for case in CASES]
    return _table(
        ["processor, µs; calls in Python", *(case.title for case in CASES)],
        [
            [peer, *(f"{of[name]['processor']:,.0f}; {of[name]['calls']:,}" for name in names)]
            for peer, of in figures.items()
        ]
        + _ratios(figures, [(name, "processor") for name in names]),
    )


def _cold(figures: Mapping[str, Figures]) -> str:
    paths = [("cold", name) for name in ("wall", "import", "processor", "memory")]
    return _table(
        [
            "cold start to the first page",
            "wall, ms",
            "the import of it, ms",
            "processor, ms",
            "memory then, MB",
            f"connections after {WARM_UP * len(CASES)} requests",
        ],
        [
            [peer, *(f"{_figure(of, path):,.0f}" for path in [*paths, ("connections",)])]
            for peer, of in figures.items()
        ]
        + [[*row, ""] for row in _ratios(figures, paths)],
    )


def _memory(ours: Figures) -> str:
    after = [("cold", "memory"), *(("memory", str(requests)) for requests in MEMORY_AFTER)]
    return _table(
        ["memory, MB, after", "1 request", *(f"{requests:,}" for requests in MEMORY_AFTER)],
        [[GUILDHALL.name, *(f"{_figure(ours, path):,.1f}" for path in after)]],
    )


def _curve(figures: Mapping[str, Figures], many: int) -> str:
    games = {"few": curve.FEW, "many": many}
    of_peers = {peer: of["curve"] for peer, of in figures.items() if "curve" in of}
    return _table(
        ["a page of 40, µs: median", "games in all", *of_peers],
        [
            [
                title,
                f"{games[size]:,}",
                *(f"{of[name][size]:,.0f}" if of[name] else "" for of in of_peers.values()),
            ]
            for name, title in curve.TITLES.items()
            for size in of_peers[GUILDHALL.name][name]
        ],
    )


def _crowd(figures: Figures, many: int) -> str:
    return _table(
        ["registrations, µs: median", f"{crowd.FEW:,}", f"{many:,}", "many ÷ few"],
        [
            [title, f"{few:,.0f}", f"{of_many:,.0f}", f"**{of_many / few:.2f}**"]
            for name, title in crowd.TITLES.items()
            for few, of_many in [(figures[name]["few"], figures[name]["many"])]
        ],
    )


def _brackets(figures: Figures, many: int) -> list[str]:
    def compared(
        titles: Mapping[str, str], smaller: str, larger: str, sizes: tuple[str, str], head: str
    ) -> str:
        return _table(
            [head, *sizes, f"{larger} ÷ {smaller}", "statements", "bytes"],
            [
                [
                    title,
                    *(f"{of[size]:,.0f}" for size in (smaller, larger)),
                    f"**{of[larger] / of[smaller]:.2f}**",
                    f"{of['statements']}",
                    f"{of['bytes']:,}",
                ]
                for name, title in titles.items()
                for of in [figures[name]]
            ],
        )

    engine = [[title, f"{figures[name]['ms']:.1f}"] for name, title in brackets.ENGINE.items()]
    teams = (f"of {brackets.SMALL} teams", f"of {brackets.LARGE}")
    series = (f"{brackets.FEW:,}", f"{many:,}")
    return [
        _table(["brackets in memory", "ms: median"], engine),
        compared(brackets.BRACKETS, "small", "large", teams, "brackets, µs: median"),
        compared(brackets.LISTS, "few", "many", series, "series, µs: median"),
    ]


def _matches(figures: Figures, many: int) -> list[str]:
    def found(of: Figures) -> list[str]:
        return [
            *(f"{of[size]:,.0f}" for size in ("few", "many")),
            f"**{of['many'] / of['few']:.2f}**",
            f"{of['statements']}",
            ", ".join(of["indexes"]),
        ]

    ingest, sizes = figures["ingest"], [f"{matches.FEW:,}", f"{many:,}"]
    head = [*sizes, "many ÷ few", "statements", "found by"]
    return [
        _table(
            ["100 matches, µs: median", "", "statements"],
            [
                [title, f"{ingest[way]:,.0f}", f"{ingest[statements]:,}"]
                for way, title, statements in (
                    ("bulk", "stored by Guildhall", "statements"),
                    ("plain", "row by row", "plain statements"),
                    ("again", "stored once more", "again statements"),
                )
            ],
        ),
        _table(
            ["matches, µs: median", *head],
            [[title, *found(figures[name])] for name, title in matches.LISTS.items()],
        ),
        _table(
            ["the sync, µs: median", *head],
            [[title, *found(figures["sync"][name])] for name, title in matches.STEPS.items()],
        ),
        _table(
            ["megabytes, of many", "rows", "indexes"],
            [[name, *(f"{size:,}" for size in of)] for name, of in figures["sizes"].items()],
        ),
    ]


def _gates(verdicts: Iterable[Mapping[str, Any]]) -> str:
    return _table(
        ["gate", "value", "bounds", "stretch", ""],
        [
            [
                verdict["gate"],
                f"{verdict['value']:g}",
                f"{verdict['least']:g} to {verdict['most']:g}",
                "" if verdict["stretch"] is None else f"{verdict['stretch']:g}",
                _in_words(verdict),
            ]
            for verdict in verdicts
        ],
    )


def _in_words(verdict: Mapping[str, Any]) -> str:
    if verdict["reached"]:
        return "stretch reached"
    if verdict["within"]:
        return "held"
    return "held by the margin" if verdict["held"] else "**missed**"


def _figure(figures: Figures, path: Path) -> float:
    value: Any = figures
    for key in path:
        value = value[key]
    return float(value)


def _ratios(figures: Mapping[str, Figures], paths: Sequence[Path]) -> list[list[str]]:
    """Answer a row for each peer that answers without a cache, as Guildhall does here."""
    ours = figures[GUILDHALL.name]
    return [
        [
            f"{GUILDHALL.name} ÷ {peer.name}",
            *(f"**{_figure(ours, p) / _figure(figures[peer.name], p):.2f}**" for p in paths),
        ]
        for peer in PEERS
        if peer is not GUILDHALL and not peer.cached
    ]


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
