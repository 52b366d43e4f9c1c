"""python -m tests.comparison [--tournaments N]

Plays the same tournaments here and in brackets-manager, and exits with 1 if ours are worse."""

import argparse
import sys

from tests.comparison.figures import CASES, measure
from tests.comparison.play import missing

SIZES = (4, 8, 16, 32, 64)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.comparison")
    parser.add_argument(
        "--tournaments",
        type=int,
        default=400,
        help="of each kind and size (400; of few, ours may have more rematches by chance)",
    )
    options = parser.parse_args()
    if lacks := missing():
        print(f"Nothing compared: {lacks}.", file=sys.stderr)
        return 1
    print("Of two numbers the first is ours, the second brackets-manager's.")
    misses = []
    for case in CASES:
        print(f"\n{options.tournaments} of {case}")
        print("teams  series    same champion  same final  rematches")
        for size in SIZES:
            figures = measure(case, size, options.tournaments)
            missed = figures.missed(case)
            misses += [f"{name} of {size} teams in {case}" for name in missed]
            series, rematches = (f"{a} {b}" for a, b in (figures.series, figures.rematches))
            print(
                f"{size:>5}  {series:8}  {figures.same_champions:>13}  {figures.same_finals:>10}  "
                f"{rematches if case.is_double else '-':>9}{'  MISSED' if missed else ''}",
                flush=True,
            )
    if misses:
        print(f"\nMissed: {'; '.join(misses)}.", file=sys.stderr)
    return bool(misses)


if __name__ == "__main__":
    sys.exit(main())
