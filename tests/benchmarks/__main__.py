"""python -m tests.benchmarks [--rounds N] [--curve [GAMES]] [--crowd [REGISTRATIONS]]
[--brackets [SERIES]] [--players [ROWS]] [--only PART] [--check] [--margin N] [--json FILE]"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import brackets, crowd, curve, harness, matches, report
from tests.benchmarks.contestants import Servers
from tests.benchmarks.roster import CURVE_PEERS, GUILDHALL, PEERS, Peer
from tests.services import start_postgresql, start_redis

PARTS = ("curve", "crowd", "brackets", "matches")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="See tests/benchmarks/README.md."
    )
    parser.add_argument("--rounds", type=int, default=30, help="warm rounds (30)")
    parser.add_argument(
        "--curve",
        type=int,
        nargs="?",
        const=curve.MANY,
        metavar="GAMES",
        help=f"ask for pages of so many games too ({curve.MANY:,}; 10,000 at the least)",
    )
    parser.add_argument(
        "--crowd",
        type=int,
        nargs="?",
        const=crowd.MANY,
        metavar="REGISTRATIONS",
        help=f"ask for events with so many registrations too ({crowd.MANY:,}; in 10,000s)",
    )
    parser.add_argument(
        "--brackets",
        type=int,
        nargs="?",
        const=brackets.MANY,
        metavar="SERIES",
        help=f"ask for brackets, among so many series, too ({brackets.MANY:,})",
    )
    parser.add_argument(
        "--players",
        type=int,
        nargs="?",
        const=matches.MANY,
        metavar="ROWS",
        dest="matches",
        help=f"ask for matches, of so many players, too ({matches.MANY:,}; in 100,000s)",
    )
    parser.add_argument("--only", choices=PARTS, help="measure that alone")
    parser.add_argument(
        "--check", action="store_true", help="measure all four too; exit 1 when a gate is missed"
    )
    parser.add_argument(
        "--margin", type=float, default=0.1, help="by which a ratio may miss its gate (0.1)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()

    load = os.getloadavg()[0]
    parts = {options.only or "peers"}
    if not options.only:
        parts |= {part for part in PARTS if options.check or getattr(options, part)}
    games, registrations = options.curve or curve.MANY, options.crowd or crowd.MANY
    series, players = options.brackets or brackets.MANY, options.matches or matches.MANY
    peers: Sequence[Peer] = PEERS
    if options.only:
        peers = CURVE_PEERS if options.only == "curve" else [GUILDHALL]
    servers = Servers(start_postgresql(), start_redis(), peers)
    figures: dict[str, harness.Figures] = {peer.name: {} for peer in peers}
    gates: list[report.Gate] = []
    if "peers" in parts:
        figures = harness.measure(servers, options.rounds)
        gates += report.GATES
    if "curve" in parts:
        gates += report.CURVE_GATES
        for peer, measured in curve.measure(servers, games).items():
            figures[peer]["curve"] = measured
    if "crowd" in parts:
        gates += report.CROWD_GATES
        figures[GUILDHALL.name]["crowd"] = crowd.measure(servers, registrations)
    if "brackets" in parts:
        gates += report.BRACKET_GATES
        figures[GUILDHALL.name]["brackets"] = brackets.measure(servers, series)
    if "matches" in parts:
        gates += report.MATCH_GATES
        figures[GUILDHALL.name]["matches"] = matches.measure(servers, players)
    verdicts = report.judge(figures, gates, options.margin)
    if options.json:
        written = {
            "load": load,
            "rounds": options.rounds,
            "games": games if "curve" in parts else 0,
            "registrations": registrations if "crowd" in parts else 0,
            "series": series if "brackets" in parts else 0,
            "players": players if "matches" in parts else 0,
            "peers": figures,
            "gates": verdicts,
        }
        options.json.write_text(json.dumps(written, indent=2) + "\n")
    print(report.markdown(figures, verdicts, games, registrations, series, players))
    # Others' work stretches the wall clock, and not by the same factor for each peer.
    print(f"\nThe machine's load before: {load:.1f}, on {os.cpu_count()} processors.")

    missed = [verdict["gate"] for verdict in verdicts if not verdict["held"]]
    if options.check and missed:
        print(f"Missed: {', '.join(missed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
