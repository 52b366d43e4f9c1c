"""python -m tests.simulation [--members N] [--days N] [--seed N]: play the month, check its end."""

import argparse
import gc
import os
import sys
import time

from tests import services

services.provide()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402

from tests.simulation.month import DETAILS_PAUSE, Month  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    connection.creation.create_test_db(verbosity=0)
    gc.freeze()
    began = time.monotonic()
    figures = Month(members=options.members, days=options.days, seed=options.seed).run()
    print(figures)
    print(f"{time.monotonic() - began:,.0f} s")
    gates = {
        "calls are at most 1.05 of the least": figures.ratio <= 1.05,
        "no second has more than 5 calls": figures.busiest_second <= 5,
        "no day has more than 100,000": figures.busiest_day <= 100_000,
        "between two calls for details there is a pause": figures.closest_details
        >= DETAILS_PAUSE - 1e-3,
        "no task failed": figures.tasks_failed == 0,
    }
    for gate, holds in gates.items():
        print(f"{'ok' if holds else 'MISSED':>6}  {gate}")
    return 0 if all(gates.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
