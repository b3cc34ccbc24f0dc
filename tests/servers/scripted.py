"""Servers that misbehave on command, and count what really came over the wire."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer; `None` instead of one closes the connection without a word."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class HttpServer:
    port: int
    requests: list[Request] = field(default_factory=list)


@contextmanager
def http_server(answer: Callable[[Request], Reply | None]) -> Iterator[HttpServer]:
    """An HTTP server that keeps every request and answers as told."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            served.requests.append(request)
            reply = answer(request)
            if reply is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            content = reply.content()
            for name, value in {**reply.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - the base class finds them by these names

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = HttpServer(server.server_address[1])
    with _running(server):
        yield served


@dataclass
class SmtpServer:
    port: int
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0


@contextmanager
def smtp_server(replies: Callable[[str], str | None]) -> Iterator[SmtpServer]:
    """An SMTP server. `replies` gets each command's verb (`.` for the end of a mail) and may answer otherwise than
    with success: another line, or an empty one to hang up."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            served.connections += 1
            self._say(replies("CONNECT") or "220 here")
            while line := self.rfile.readline():
                verb = line[:4].strip().upper().decode()
                if verb == "RCPT":
                    served.recipients.append(line.decode().partition("<")[2].partition(">")[0])
                usual = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")
                if not self._say(replies(verb) if replies(verb) is not None else usual):
                    return
                if verb == "DATA" and replies("DATA") is None:
                    mail = b""
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        mail += line
                    if line == b"":
                        return
                    served.mails.append(mail)
                    answer = replies(".")
                    if not self._say("250 ok: queued as ABC123" if answer is None else answer):
                        return

        def _say(self, line: str | None) -> bool:
            if line:
                self.wfile.write(line.encode() + b"\r\n")
            return bool(line)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = SmtpServer(server.server_address[1])
    with _running(server):
        yield served


@contextmanager
def dropping_proxy(port: int, drop_after: bytes) -> Iterator[int]:
    """A proxy that passes everything on to `port`, and cuts the client off once it has sent `drop_after`.

    The server's answer to it is taken and thrown away, so the request itself is complete.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as server_side:
                back = threading.Thread(target=self._back, args=(server_side,), daemon=True)
                back.start()
                self.request.settimeout(0.02)
                sent = b""
                while back.is_alive():
                    try:
                        data = self.request.recv(65_536)
                    except TimeoutError:
                        continue
                    if not data:
                        return
                    sent += data
                    self._is_cut = self._is_cut or drop_after in sent
                    # What follows `drop_after` (a body after its headers) is passed on until the server answers.
                    server_side.sendall(data)

        _is_cut = False

        def _back(self, server_side: socket.socket) -> None:
            try:
                while data := server_side.recv(65_536):
                    if self._is_cut:
                        return
                    self.request.sendall(data)
            except OSError:
                return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with _running(server):
        yield server.server_address[1]


@contextmanager
def cutting_proxy(port: int, after_bytes: int) -> Iterator[int]:
    """A proxy that passes both directions on to `port` until the client has sent so many bytes, then hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as server_side:
                back = threading.Thread(target=_pump, args=(server_side, self.request), daemon=True)
                back.start()
                left = after_bytes
                while left > 0 and (data := self.request.recv(min(left, 65_536))):
                    server_side.sendall(data)
                    left -= len(data)
                self.request.shutdown(socket.SHUT_RDWR)
            back.join(timeout=5)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with _running(server):
        yield server.server_address[1]


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
    except OSError:
        return


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
