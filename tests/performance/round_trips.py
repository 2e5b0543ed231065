"""Counting round trips where they happen: between the server's socket and whoever connects to another one in its place."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from sqlalchemy.engine import URL, make_url


class Wire:
    """`trips`: how often somebody has spoken to the server since it last answered."""

    def __init__(self) -> None:
        self.trips = 0


@contextmanager
def counted(url: str, folder: Path) -> Iterator[tuple[URL, Wire]]:
    """The address of the same database by way of a socket in `folder` that carries one connection and counts."""
    address, wire = make_url(url), Wire()
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as server:
        listening.bind(str(folder / ".s.PGSQL.5432"))
        listening.listen()
        server.connect(f"{address.query['host']}/.s.PGSQL.{address.query.get('port', 5432)}")
        carrier = Thread(target=_carry, args=(listening, server, wire))
        carrier.start()
        yield address.set(query={"host": str(folder), "port": "5432"}), wire
        carrier.join()


def _carry(listening: socket.socket, server: socket.socket, wire: Wire) -> None:
    """Until the client hangs up."""
    client, _ = listening.accept()
    with client, selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, server)
        ready.register(server, selectors.EVENT_READ, client)
        last = server
        while True:
            for key, _ in ready.select():
                assert isinstance(key.fileobj, socket.socket)
                said = key.fileobj.recv(1 << 16)
                if not said:
                    return
                wire.trips += key.fileobj is client and last is server
                last = key.fileobj
                key.data.sendall(said)
