"""HTTP/1.1 over a loopback socket: reads requests, sends what `respond` makes of them."""

import socket
import socketserver
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.replies import Reply


@dataclass(frozen=True)
class Request:
    verb: str
    path: str
    #: As it came: of a key that comes twice, `params` and `form` have the last value alone.
    query: str
    #: Found in any case.
    headers: Message
    body: bytes

    @cached_property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of the body; none when it is no form."""
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            return {}
        text = self.body.decode(errors="replace")
        return dict(parse_qsl(text, keep_blank_values=True))


class Listener(ThreadingHTTPServer):
    # The default of 5 makes a burst of connections wait for a SYN to be sent again.
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], respond: Callable[[Request], Reply | None]
    ) -> None:
        self.respond = respond
        self.stopping = Event()
        self._connections: set[socket.socket] = set()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: that asks DNS for the name of the host, which nothing here needs.
        socketserver.TCPServer.server_bind(self)

    def start(self) -> None:
        # shutdown() takes as long as a poll does, and every test pays for it.
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        # Clients keep connections open: without this they would be answered from the grave.
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that gave up waiting is what some tests are about.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one segment: else Nagle and a delayed ACK cost 40 ms a call.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, url.path, url.query, self.headers, body)
        reply = self.server.respond(request)
        if reply is None or (reply.delay and self.server.stopping.wait(reply.delay)):
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Nothing: the request line may hold a key or a code."""
