"""A mail server that delivers nothing and keeps what it is given: https://www.rfc-editor.org/rfc/rfc5321

with FakeMailServer() as mail:
    settings.EMAIL_URL = mail.url
    ...
    [message] = mail.to("ada@guild.example")
    mail.refuse("ada@guild.example", 451)  # from now on
"""

import email
import email.policy
import socketserver
from email.message import EmailMessage
from threading import Lock, Thread
from typing import Self


class FakeMailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self._lock = Lock()
        self._mails: list[tuple[str, EmailMessage]] = []
        self._refusals: dict[tuple[str, str], int] = {}
        self.connections = 0
        super().__init__(("127.0.0.1", 0), _Session)

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """Answer the mails to an address, the oldest first."""
        with self._lock:
            return [message for recipient, message in self._mails if recipient == address]

    def refuse(self, address: str, code: int = 550, *, verb: str = "RCPT") -> None:
        """Answer what is for an address with the code: its RCPT, or the mail itself (DATA)."""
        with self._lock:
            self._refusals[address, verb] = code

    def relent(self) -> None:
        """Refuse nothing any more."""
        with self._lock:
            self._refusals.clear()

    def count_connection(self) -> None:
        with self._lock:
            self.connections += 1

    def refusal(self, recipients: list[str], verb: str) -> int | None:
        """Answer the code that one of them is refused with, or None."""
        with self._lock:
            codes = [self._refusals.get((recipient, verb)) for recipient in recipients]
        return next(filter(None, codes), None)

    def accept(self, recipients: list[str], data: bytes) -> None:
        data = data.replace(b"\r\n", b"\n")
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self._lock:
            self._mails += [(recipient, message) for recipient in recipients]


class _Session(socketserver.StreamRequestHandler):
    server: FakeMailServer

    def handle(self) -> None:
        recipients: list[str] = []
        self.server.count_connection()
        self._say("220 fake mail server")
        while line := self.rfile.readline():
            verb, _, argument = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO" | "NOOP" | "MAIL":
                    self._say("250 fine")
                case "RCPT":
                    recipient = argument.partition("<")[2].partition(">")[0]
                    if code := self.server.refusal([recipient], "RCPT"):
                        self._say(f"{code} nothing for <{recipient}>")
                        continue
                    recipients.append(recipient)
                    self._say("250 fine")
                case "DATA":
                    self._say("354 go on, and end with a dot")
                    data = self._data()
                    if code := self.server.refusal(recipients, "DATA"):
                        self._say(f"{code} not this")
                    else:
                        # In its place before the client hears of it.
                        self.server.accept(recipients, data)
                        self._say("250 kept")
                    recipients = []
                case "RSET":
                    recipients = []
                    self._say("250 fine")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("502 not here")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            # A line that begins with a dot was sent with one more.
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
