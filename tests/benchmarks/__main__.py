"""python -m tests.benchmarks [--rounds N] [--curve [GAMES]] [--check] [--margin N] [--json FILE]"""

import argparse
import json
import os
import sys
from pathlib import Path

from tests.benchmarks import curve, harness, report
from tests.benchmarks.contestants import Servers
from tests.benchmarks.roster import PEERS
from tests.services import start_postgresql, start_redis


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
        "--check", action="store_true", help="measure the curve too; exit 1 when a gate is missed"
    )
    parser.add_argument(
        "--margin", type=float, default=0.1, help="by which a ratio may miss its gate (0.1)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()

    load = os.getloadavg()[0]
    servers = Servers(start_postgresql(), start_redis(), PEERS)
    figures = harness.measure(servers, options.rounds)
    gates = report.GATES
    many = options.curve or (curve.MANY if options.check else 0)
    if many:
        gates += report.CURVE_GATES
        for peer, measured in curve.measure(servers, many).items():
            figures[peer]["curve"] = measured
    verdicts = report.judge(figures, gates, options.margin)
    if options.json:
        written = {
            "load": load,
            "rounds": options.rounds,
            "games": many,
            "peers": figures,
            "gates": verdicts,
        }
        options.json.write_text(json.dumps(written, indent=2) + "\n")
    print(report.markdown(figures, verdicts, many))
    # Others' work stretches the wall clock, and not by the same factor for each peer.
    print(f"\nThe machine's load before: {load:.1f}, on {os.cpu_count()} processors.")

    missed = [verdict["gate"] for verdict in verdicts if not verdict["held"]]
    if options.check and missed:
        print(f"Missed: {', '.join(missed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
