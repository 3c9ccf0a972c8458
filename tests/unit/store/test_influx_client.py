"""What the client makes of answers that do not come whole."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from campus.errors import Transient
from controller.store.influx.client import InfluxClient
from controller.store.influx.settings import InfluxSettings

LINE = b'{"results":[{"series":[{"name":"m","columns":["time","value"],"values":[[7,1.5]]}]}]}\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(LINE), LINE)
END = b"0\r\n\r\n"


@contextmanager
def answering(answer: bytes) -> Iterator[InfluxClient]:
    """A client of a server that says this once and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        client = InfluxClient(InfluxSettings(f"http://127.0.0.1:{listener.getsockname()[1]}", version=1))
        client.open()
        try:
            yield client
        finally:
            client.close()
            server.join()


def test_an_answer_in_many_chunks_is_whole() -> None:
    with answering(HEAD + 1_000 * CHUNK + END) as client:
        assert len(list(client.query("SELECT value FROM m"))) == 1_000


@pytest.mark.parametrize("answer", [HEAD + 3 * CHUNK, HEAD + CHUNK + CHUNK[:-7]], ids=["between chunks", "in a chunk"])
def test_an_answer_that_breaks_off_is_no_answer(answer: bytes) -> None:
    with answering(answer) as client, pytest.raises(Transient):
        list(client.query("SELECT value FROM m"))
