"""Bytes are made once for all who ask at a time."""

from threading import Barrier, Thread

from server import blobs


def test_many_who_ask_at_a_time_have_them_made_once() -> None:
    made, found, together = [], [], Barrier(8)

    def ask() -> None:
        together.wait(10)
        found.append(blobs.made("asked at a time", make))

    def make() -> bytes:
        made.append(1)
        return b"bytes"

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [b"bytes"] * 8
    assert len(made) == 1
    assert blobs.known("asked at a time") == b"bytes"
    assert blobs.known("never asked") is None
