import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from app.accounts import demo
from tests.fakes.discord import FakeDiscord
from tests.fakes.people import (
    FIRST_ACCOUNT_ID,
    FIRST_MATCH_ID,
    FIRST_STRANGER_ID,
    NICKNAMES,
    STRANGERS,
    populate_discord,
    populate_steam,
)
from tests.fakes.steam import STEAM_ID_BASE, FakeSteam, match

NAMES = {
    "STEAM_API_URL",
    "STEAM_API_KEY",
    "STEAM_OPENID_URL",
    "OPENDOTA_URL",
    "DISCORD_URL",
    "DISCORD_CLIENT_ID",
    "DISCORD_CLIENT_SECRET",
    "DISCORD_BOT_TOKEN",
    "DISCORD_GUILD_ID",
    "DISCORD_WEBHOOK_URL",
}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in NAMES}
# Says what it was given, and answers as it is told to by way of its standard input.
REPORT = "import json, os; print(json.dumps(dict(os.environ)), flush=True); input()"


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fakes", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT | environment,
        cwd=Path(__file__).parents[2],
        # No terminal of ours, whose Ctrl-C it would leave to the terminal.
        start_new_session=True,
    )


def python(code: str) -> list[str]:
    return ["--", sys.executable, "-c", code]


def finish(*arguments: str, **environment: str) -> tuple[int, str, str]:
    with start(*arguments, **environment) as process:
        stdout, stderr = process.communicate(input="\n", timeout=20)
    return process.returncode, stdout, stderr


def listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0


def test_the_command_finds_the_fakes_and_they_end_with_it() -> None:
    with start(*python(REPORT)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        given = json.loads(process.stdout.readline())
        steam, discord = given["STEAM_API_URL"], given["DISCORD_URL"]
        opendota = given["OPENDOTA_URL"].removesuffix("/api")

        assert lines == [
            f"STEAM_API_KEY is not set: a fake Steam stands in, {steam}\n",
            f"And a fake OpenDota beside it, {opendota}\n",
            f"DISCORD_CLIENT_ID is not set: a fake Discord stands in, {discord}\n",
        ]
        assert given["STEAM_OPENID_URL"] == f"{steam}/openid/login"
        summaries = httpx.get(
            f"{steam}/ISteamUser/GetPlayerSummaries/v2/",
            params={"steamids": STEAM_ID_BASE + FIRST_ACCOUNT_ID},
            headers={"x-webapi-key": given["STEAM_API_KEY"]},
            trust_env=False,
        )
        assert "Aldous" in summaries.text
        played = httpx.get(f"{opendota}/api/matches/{FIRST_MATCH_ID}", trust_env=False)
        assert "Aldous" in played.text
        members = httpx.get(
            f"{discord}/api/v10/guilds/{given['DISCORD_GUILD_ID']}/members",
            headers={"Authorization": f"Bot {given['DISCORD_BOT_TOKEN']}"},
            trust_env=False,
        )
        assert members.status_code == 200
        login = {
            "client_id": given["DISCORD_CLIENT_ID"],
            "response_type": "code",
            "redirect_uri": "http://127.0.0.1:8000/back/",
            "scope": "identify",
        }
        page = httpx.get(f"{discord}/oauth2/authorize?{urlencode(login)}", trust_env=False)
        assert page.status_code == 200
        assert given["DISCORD_CLIENT_SECRET"]

        stdout, stderr = process.communicate(input="\n", timeout=20)

    assert (process.returncode, stdout, stderr) == (0, "", "")
    assert not listens(steam)
    assert not listens(opendota)
    assert not listens(discord)


def test_who_has_a_key_gets_no_fake() -> None:
    keys = {"STEAM_API_KEY": "mine", "DISCORD_CLIENT_ID": "mine"}

    status, stdout, _ = finish(*python(REPORT), **keys)

    given = json.loads(stdout)
    assert status == 0
    assert {name: given[name] for name in NAMES & given.keys()} == keys


@pytest.mark.parametrize(
    ("key", "others"),
    [("STEAM_API_KEY", {"Discord"}), ("DISCORD_CLIENT_ID", {"Steam", "OpenDota"})],
)
def test_a_key_that_is_empty_is_none(key: str, others: set[str]) -> None:
    _, all_of_them, _ = finish(*python(""), **{key: ""})
    _, rest, _ = finish(*python(""), **{key: "mine"})

    assert set(re.findall(r"a fake (\w+)", all_of_them)) == {"Steam", "OpenDota", "Discord"}
    assert set(re.findall(r"a fake (\w+)", rest)) == others


def test_who_names_an_opendota_gets_no_fake() -> None:
    _, stdout, _ = finish(*python(REPORT), OPENDOTA_URL="http://127.0.0.1:9/api")

    assert "OpenDota" not in stdout
    assert json.loads(stdout.splitlines()[-1])["OPENDOTA_URL"] == "http://127.0.0.1:9/api"


def test_recorded_answers_are_served_beside_the_people(tmp_path: Path) -> None:
    played = match(match_id=1, seq=1)
    recorded = {"result": {"status": 1, "matches": [played]}}
    (tmp_path / "GetMatchHistoryBySequenceNum-1.json").write_text(json.dumps(recorded))

    with start("--payloads", str(tmp_path), *python(REPORT)) as process:
        assert process.stdout is not None
        *_, given = [process.stdout.readline() for _ in range(4)]
        steam = json.loads(given)
        answer = httpx.get(
            steam["STEAM_API_URL"] + "/IDOTA2Match_570/GetMatchHistoryBySequenceNum/v1/",
            params={"key": steam["STEAM_API_KEY"], "start_at_match_seq_num": 1},
            trust_env=False,
        )
        process.communicate(input="\n", timeout=20)

    assert answer.json()["result"]["matches"][0] == played


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 128 + signal.SIGKILL)],
)
def test_the_commands_status_is_ours(code: str, status: int) -> None:
    assert finish(*python(code))[0] == status


def test_dashes_of_the_command_are_its_own() -> None:
    code = "import sys; print(sys.argv[1:])"

    _, stdout, _ = finish(*python(code), "--payloads", "-h", "--", "x", STEAM_API_KEY="mine")

    assert stdout.splitlines()[-1] == "['--payloads', '-h', '--', 'x']"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_is_told_to_end(number: signal.Signals) -> None:
    code = f"""
import signal, sys, time
signal.signal({int(number)}, lambda *_: sys.exit(5))
print("ready", flush=True)
while True:
    time.sleep(0.01)  # a signal just before a long one would be heard at its end
"""
    with start(*python(code)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        steam = lines[0].rpartition(" ")[2].strip()
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=20)

    assert lines[3] == "ready\n"
    assert (process.returncode, stdout, stderr) == (5, "", "")
    assert not listens(steam)


def test_a_terminals_ctrl_c_reaches_the_command_once() -> None:
    code = """
import signal, time
told = []
signal.signal(signal.SIGINT, lambda *_: told.append(1))
print("ready", flush=True)
while not told:
    time.sleep(0.01)
time.sleep(0.5)
print("told", len(told), flush=True)
"""
    terminal = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    with subprocess.Popen(
        [sys.executable, "-c", terminal, sys.executable, "-m", "tests.fakes", *python(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while "ready" not in process.stdout.readline():
            pass
        process.stdin.write("\x03")
        process.stdin.flush()
        stdout, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "told 1" in stdout


def test_there_has_to_be_a_command() -> None:
    for arguments in ([], ["--"], ["manage.py"]):
        status, _, stderr = finish(*arguments)

        assert status == 2
        assert "usage: python -m tests.fakes [--payloads DIR] -- COMMAND" in stderr


def test_a_command_that_is_not_there_is_not_found() -> None:
    status, _, stderr = finish("--", "no-such-command")

    assert (status, stderr) == (127, "no-such-command: No such file or directory\n")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    status, _, stderr = finish("--payloads", str(tmp_path / "nowhere"), *python(""))

    assert status == 2
    assert "is not a folder" in stderr


def test_the_people_are_the_demos() -> None:
    assert list(NICKNAMES) == demo.NICKNAMES
    assert FIRST_ACCOUNT_ID == demo.FIRST_ACCOUNT_ID


def test_strangers_have_ids_like_real_ones() -> None:
    last = STEAM_ID_BASE + FIRST_STRANGER_ID + len(STRANGERS) - 1

    assert str(last).startswith("7656119")
    assert not set(STRANGERS) & set(NICKNAMES)


def test_everybody_has_played() -> None:
    with FakeSteam() as steam:
        populate_steam(steam)

        history = f"{steam.url}/IDOTA2Match_570/GetMatchHistory/v1/?key={steam.key}"
        for account_id in (FIRST_ACCOUNT_ID, FIRST_ACCOUNT_ID + 7, FIRST_STRANGER_ID):
            answer = httpx.get(f"{history}&account_id={account_id}", trust_env=False)
            assert answer.json()["result"]["num_results"]


def test_one_address_at_discord_is_claimed_without_proof() -> None:
    with FakeDiscord() as discord:
        populate_discord(discord)
        login = {
            "client_id": discord.client_id,
            "response_type": "code",
            "redirect_uri": "http://127.0.0.1:8000/back/",
            "scope": "identify",
        }

        page = httpx.get(f"{discord.url}/oauth2/authorize?{urlencode(login)}", trust_env=False)

    assert page.text.count("(unverified)") == 1
    assert page.text.count("aldous@guildhall.example") == 2
