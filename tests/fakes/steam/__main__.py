"""Run the fake as a process: `python -m tests.fakes.steam --help`."""

import argparse
import signal
from pathlib import Path

from tests.fakes.steam.fake import DEFAULT_KEY, FakeSteam
from tests.fakes.steam.faults import Fault


def fault(spec: str) -> Fault:
    try:
        return Fault.parse(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def folder(value: str) -> Path:
    path = Path(value)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{value} is not a folder")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.steam", description=__doc__)
    parser.add_argument(
        "--payloads", type=folder, required=True, help="a folder of recorded answers"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free one")
    parser.add_argument("--key", default=DEFAULT_KEY)
    parser.add_argument(
        "--fault",
        type=fault,
        action="append",
        default=[],
        metavar="SPEC",
        help="kind[:every=N,after=N,times=N,endpoint=METHOD,seconds=S]; may be repeated",
    )
    options = parser.parse_args()

    # Blocked before any thread starts, so that only sigwait() below sees them.
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    steam = FakeSteam.from_payloads(
        options.payloads, key=options.key, host=options.host, port=options.port
    )
    for each in options.fault:
        steam.add_fault(each)
    with steam:
        print(f"fake Steam on {steam.url}", flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
