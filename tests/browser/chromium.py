"""A headless Chromium, spoken to through a pipe: https://chromedevtools.github.io/devtools-protocol/

It is steered from the thread that asks, so what has happened is known once something is asked.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    # Only pages of the tests' own are opened; the sandbox is nothing that root may have.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # All else is nowhere, so that no page asks for anything of the internet.
    "--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1280,1600",
)
PATIENCE = 30.0


class ScriptFailed(Exception):
    """A page's script has thrown."""


def executable() -> str | None:
    """Answer where Chromium is: what the variable CHROMIUM says, or what PATH has."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, command: str, folder: Path, *flags: str) -> None:
        preferences = folder / "profile" / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True)
        # As in an ordinary window. A context is a private one, which blocks third-party cookies.
        preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}))
        to_browser, self._commands = _pipe()
        self._messages, from_browser = _pipe()
        with (folder / "chromium.log").open("wb") as log:
            # It reads from 3 and writes to 4, whatever the ends of our pipes are called.
            self._process = subprocess.Popen(
                [
                    *("bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash"),
                    *(command, *FLAGS, *flags),
                    *("--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(to_browser, from_browser),
                start_new_session=True,
            )
        os.close(to_browser)
        os.close(from_browser)
        self._unread = b""
        self._number = 0
        self._results: dict[int, dict[str, Any]] = {}
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.ask("Browser.close")
            self._process.wait(timeout=10)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            pass  # it is ended below
        finally:
            # Its own processes too, which are of its group.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)
            os.close(self._commands)
            os.close(self._messages)

    def ask(self, method: str, *, session: str | None = None, **params: Any) -> dict[str, Any]:
        return self.result(self.send(method, session=session, **params))

    def send(self, method: str, *, session: str | None = None, **params: Any) -> int:
        """Ask, and go on; the number is what result() wants."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        remaining = json.dumps(message).encode() + b"\0"
        while remaining:
            remaining = remaining[os.write(self._commands, remaining) :]
        return self._number

    def result(self, number: int) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while number not in self._results:
            self._listen(deadline)
        message = self._results.pop(number)
        if "error" in message:
            raise ScriptFailed(message["error"]["message"])
        result: dict[str, Any] = message["result"]
        return result

    def _listen(self, deadline: float) -> None:
        """Take in what the browser has to say next."""
        readable, _, _ = select.select(
            [self._messages], [], [], max(0, deadline - time.monotonic())
        )
        if not readable:
            raise TimeoutError(f"Chromium has not answered for {PATIENCE:.0f} s")
        if not (read := os.read(self._messages, 1 << 20)):
            raise BrokenPipeError("Chromium has ended")
        *whole, self._unread = (self._unread + read).split(b"\0")
        for message in map(json.loads, whole):
            if "id" in message:
                self._results[message["id"]] = message
            elif page := self._pages.get(message.get("sessionId", "")):
                page.events.append(message)

    def person(self) -> "Person":
        return Person(self, self.ask("Target.createBrowserContext")["browserContextId"])

    def page(self, context: str) -> "Page":
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)
        session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = self._pages[session["sessionId"]] = Page(self, session["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.ask(f"{domain}.enable")
        return page


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are above the numbers that the browser wants for its own."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class Person:
    """Somebody with cookies and a storage of their own, and any number of tabs."""

    def __init__(self, browser: Browser, context: str) -> None:
        self._browser = browser
        self._context = context

    def open(self, url: str) -> "Page":
        """Open the address in a tab of its own."""
        page = self._browser.page(self._context)
        page.open(url)
        return page

    def cookies(self) -> dict[str, dict[str, Any]]:
        found = self._browser.ask("Storage.getCookies", browserContextId=self._context)
        return {cookie["name"]: cookie for cookie in found["cookies"]}

    def leave(self) -> None:
        self._browser.ask("Target.disposeBrowserContext", browserContextId=self._context)


class Page:
    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.ask(method, session=self._session, **params)

    def open(self, url: str) -> None:
        self.wait_for_load(lambda: self.ask("Page.navigate", url=url))

    def reload(self) -> None:
        self.wait_for_load(lambda: self.ask("Page.reload"))

    def wait_for_load(self, leave: Callable[[], Any]) -> None:
        """Do what makes the page go elsewhere, and wait until it is there."""
        before = len(self.events)
        if error := (leave() or {}).get("errorText"):
            raise ScriptFailed(error)
        self._until(
            lambda: any(event["method"] == "Page.loadEventFired" for event in self.events[before:])
        )

    def run(self, script: str, **values: Any) -> Any:
        """Run the body of an asynchronous function, which sees the values; answer what it does."""
        return self.finished(self.begin(script, **values))

    def begin(self, script: str, **values: Any) -> int:
        """The same, without waiting for it."""
        names = ", ".join(values)
        return self._browser.send(
            "Runtime.evaluate",
            session=self._session,
            expression=f"(async ({{{names}}}) => {{\n{script}\n}})({json.dumps(values)})",
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )

    def finished(self, number: int) -> Any:
        answer = self._browser.result(number)
        if failure := answer.get("exceptionDetails"):
            raise ScriptFailed(failure.get("exception", {}).get("description", failure["text"]))
        return answer["result"].get("value")

    def until(self, expression: str) -> Any:
        """Wait for the expression to be something; answer what."""
        return self._until(lambda: self.run(f"return {expression}"))

    def _until(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if found := condition():
                    return found
            except ScriptFailed as error:
                # The page has gone elsewhere meanwhile.
                if "context" not in str(error) and "navigated" not in str(error):
                    raise
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"Not within {PATIENCE:.0f} s, at {self.url}:\n{self.text[:2000]}"
                )
            # An answer brings along what has happened.
            self.ask("Runtime.getIsolateId")
            time.sleep(0.02)

    def block_third_party_cookies(self) -> None:
        """As Safari does, and this browser in private windows."""
        self.ask("Network.setCookieControls", enableThirdPartyCookieRestriction=True)
        self.reload()

    def click(self, selector: str, text: str = "") -> None:
        """Click, as a person with a mouse does, what has the selector and the text."""
        x, y = self.until(f"""await (async () => {{
            const found = [...document.querySelectorAll({json.dumps(selector)})].find(
                (element) => element.innerText.includes({json.dumps(text)})
                    || element.value?.includes?.({json.dumps(text)}));
            if (!found) return null;
            found.scrollIntoView({{ block: "center", behavior: "instant" }});
            await new Promise(requestAnimationFrame);
            const box = found.getBoundingClientRect();
            const place = [box.x + box.width / 2, box.y + box.height / 2];
            const there = document.elementFromPoint(...place);
            return box.width && (found.contains(there) || there?.contains(found)) ? place : null;
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def fill(self, selector: str, text: str) -> None:
        """Click into a field, and type the text over what it holds."""
        self.click(selector)
        self.run("document.activeElement.select()")
        self.ask("Input.insertText", text=text)

    @property
    def url(self) -> str:
        return str(self.run("return location.href"))

    @property
    def text(self) -> str:
        return str(self.run("return document.body?.innerText ?? ''"))

    @property
    def requests(self) -> list[tuple[str, str]]:
        """What this tab has asked for, in order: (method, URL). Preflights are left out."""
        self.ask("Runtime.getIsolateId")
        return [
            (event["params"]["request"]["method"], event["params"]["request"]["url"])
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
            and event["params"]["request"]["method"] != "OPTIONS"
        ]

    @property
    def complaints(self) -> list[str]:
        """What the browser has written to the console itself, such as why CORS stopped a call."""
        self.ask("Runtime.getIsolateId")
        return [
            event["params"]["entry"]["text"]
            for event in self.events
            if event["method"] == "Log.entryAdded"
        ]

    def screenshot(self, path: Path) -> None:
        picture = self.ask("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(picture["data"]))
