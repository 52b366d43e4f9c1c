"""python -m tests.benchmarks [--rounds N] [--python FILE] [--check] [--json FILE]"""

import argparse
import json
import os
import sys
from pathlib import Path

from tests.benchmarks import harness, report
from tests.benchmarks.peers import PEERS
from tests.services import start_postgresql


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="See tests/benchmarks/README.md."
    )
    parser.add_argument("--rounds", type=int, default=30, help="warm rounds (30)")
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="FILE",
        help="the interpreter that the peers run in (this one)",
    )
    parser.add_argument("--check", action="store_true", help="exit 1 when a gate is missed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()

    load = os.getloadavg()[0]
    figures = harness.measure(start_postgresql(), options.python, PEERS, options.rounds)
    verdicts = report.judge(figures)
    if options.json:
        written = {"load": load, "rounds": options.rounds, "peers": figures, "gates": verdicts}
        options.json.write_text(json.dumps(written, indent=2) + "\n")
    print(report.markdown(figures, verdicts))
    # Others' work stretches the wall clock, and not by the same factor for each peer.
    print(f"\nThe machine's load before: {load:.1f}, on {os.cpu_count()} processors.")

    missed = [verdict["figure"] for verdict in verdicts if not verdict["held"]]
    if options.check and missed:
        print(f"Missed: {', '.join(missed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
