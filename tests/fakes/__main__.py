"""Run a command with a fake Steam and a fake Discord beside it, each unless its key is set.

With the fake Steam comes a fake OpenDota, which has its matches: the real one has none of them.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.fakes.discord import FakeDiscord
from tests.fakes.opendota import FakeOpenDota
from tests.fakes.people import populate_discord, populate_opendota, populate_steam
from tests.fakes.steam import FakeSteam


def folder(value: str) -> Path:
    path = Path(value)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{value} is not a folder")
    return path


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fakes",
        usage="%(prog)s [--payloads DIR] -- COMMAND…",
        description=__doc__,
    )
    parser.add_argument("--payloads", type=folder, help="a folder of Steam's recorded answers")
    # By hand: what of the command's own options and dashes argparse takes is up to its version.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = parser.parse_args(arguments[:end]), arguments[end + 1 :]
    if not command:
        parser.error("there is no command to run")

    environment = dict(os.environ)
    with ExitStack() as stack:
        if not environment.get("STEAM_API_KEY"):
            steam = stack.enter_context(
                FakeSteam.from_payloads(options.payloads) if options.payloads else FakeSteam()
            )
            populate_steam(steam)
            environment |= {
                "STEAM_API_URL": steam.url,
                "STEAM_API_KEY": steam.key,
                "STEAM_OPENID_URL": steam.openid_url,
                # It bears as many calls as come.
                "STEAM_CALLS_PER_SECOND": "1000",
                "STEAM_DETAILS_PAUSE": "0",
            }
            print(f"STEAM_API_KEY is not set: a fake Steam stands in, {steam.url}", flush=True)
            if not environment.get("OPENDOTA_URL"):
                opendota = stack.enter_context(FakeOpenDota())
                populate_opendota(opendota, steam)
                environment |= {"OPENDOTA_URL": opendota.api_url, "OPENDOTA_ENABLED": "true"}
                print(f"And a fake OpenDota beside it, {opendota.url}", flush=True)
        if not environment.get("DISCORD_CLIENT_ID"):
            discord = stack.enter_context(FakeDiscord())
            populate_discord(discord)
            environment |= {
                "DISCORD_URL": discord.url,
                "DISCORD_CLIENT_ID": discord.client_id,
                "DISCORD_CLIENT_SECRET": discord.client_secret,
                "DISCORD_BOT_TOKEN": discord.bot_token,
                "DISCORD_GUILD_ID": str(discord.guild_id),
                "DISCORD_WEBHOOK_URL": discord.webhook_url,
            }
            print(
                f"DISCORD_CLIENT_ID is not set: a fake Discord stands in, {discord.url}", flush=True
            )
        return run(command, environment)


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command, passing on to it that it is to end; answer its status as a shell would."""
    child: subprocess.Popen[bytes] | None = None
    told: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and _in_the_foreground():
            return
        if child is None:
            told.append(number)
        else:
            child.send_signal(number)

    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, pass_on)
    try:
        child = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    for number in told:
        child.send_signal(number)
    status = child.wait()
    return status if status >= 0 else 128 - status


def _in_the_foreground() -> bool:
    """Whether Ctrl-C reaches the command without us, as it does all that a terminal runs.

    Told twice, a server would be torn from its shutdown.
    """
    try:
        with Path("/dev/tty").open() as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
