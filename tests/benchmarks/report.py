"""Ratios, gates and the Markdown tables."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.benchmarks.cases import CASES
from tests.benchmarks.harness import WARM_UP, Figures
from tests.benchmarks.peers import GUILDHALL, STOCK


class Gate(NamedTuple):
    """A bound on a figure of Guildhall's, or on its ratio to another peer's."""

    figure: tuple[str, ...]
    most: float
    versus: str | None = None
    least: float = 0


GATES = (
    Gate(("page", "median"), 0.4, STOCK.name),
    Gate(("one", "median"), 0.3, STOCK.name),
    Gate(("create", "median"), 0.3, STOCK.name),
    Gate(("cold", "wall"), 1.1, STOCK.name),
    Gate(("connections",), 1, least=1),
)


def judge(figures: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """Answer each gate with its value and whether that is within the bounds."""
    verdicts = []
    for gate in GATES:
        value = _figure(figures[GUILDHALL.name], gate.figure)
        if gate.versus:
            value /= _figure(figures[gate.versus], gate.figure)
        verdicts.append(
            {
                "figure": " ".join(gate.figure) + (f" ÷ {gate.versus}" if gate.versus else ""),
                "value": round(value, 3),
                "least": gate.least,
                "most": gate.most,
                "held": gate.least <= value <= gate.most,
            }
        )
    return verdicts


def markdown(figures: Mapping[str, Figures], verdicts: Iterable[Mapping[str, Any]]) -> str:
    cases = [(case.name, case.title) for case in CASES]
    warm = _table(
        ["warm, µs: median (p99)", *(title for _, title in cases)],
        [
            [peer, *(f"{of[name]['median']:,.0f} ({of[name]['p99']:,.0f})" for name, _ in cases)]
            for peer, of in figures.items()
        ]
        + _ratios(figures, [(name, "median") for name, _ in cases]),
    )
    work = _table(
        ["processor, µs; Python calls", *(title for _, title in cases)],
        [
            [peer, *(f"{of[name]['processor']:,.0f}; {of[name]['calls']:,}" for name, _ in cases)]
            for peer, of in figures.items()
        ]
        + _ratios(figures, [(name, "processor") for name, _ in cases]),
    )
    cold_figures = [("cold", name) for name in ("wall", "import", "processor", "memory")]
    cold = _table(
        [
            "cold start to the first page",
            "wall, ms",
            "the import of it, ms",
            "processor, ms",
            "memory then, MB",
            "memory at the end, MB",
            f"connections after {WARM_UP} requests",
        ],
        [
            [
                peer,
                *(f"{_figure(of, figure):,.0f}" for figure in [*cold_figures, ("memory",)]),
                str(of["connections"]),
            ]
            for peer, of in figures.items()
        ]
        + _ratios(figures, [*cold_figures, ("memory",)], blank=1),
    )
    gates = _table(
        ["gate", "value", "bounds", ""],
        [
            [
                verdict["figure"],
                f"{verdict['value']:g}",
                f"{verdict['least']:g} to {verdict['most']:g}",
                "held" if verdict["held"] else "**missed**",
            ]
            for verdict in verdicts
        ],
    )
    return "\n\n".join([warm, work, cold, gates])


def _figure(figures: Figures, path: Iterable[str]) -> float:
    value: Any = figures
    for key in path:
        value = value[key]
    return float(value)


def _ratios(
    figures: Mapping[str, Figures], paths: Iterable[tuple[str, ...]], blank: int = 0
) -> list[list[str]]:
    """Answer a row for each peer that Guildhall is held against."""
    ours, paths = figures[GUILDHALL.name], list(paths)
    return [
        [
            f"{GUILDHALL.name} ÷ {peer}",
            *(f"**{_figure(ours, path) / _figure(theirs, path):.2f}**" for path in paths),
            *[""] * blank,
        ]
        for peer, theirs in figures.items()
        if theirs is not ours
    ]


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
