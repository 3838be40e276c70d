"""Whether connections send at once what is written; a socket without a protocol's name is what `streamlit run` binds."""

import asyncio
import socket

import pytest

from server.promptly import answer_promptly, lifespan


def accepted_nodelay(listener: socket.socket) -> bool:
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as connection:
        return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.fixture
def listener():
    with socket.socket(socket.AF_INET) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        yield bound


def test_connections_answer_promptly_once_the_app_has_started(listener):
    assert not accepted_nodelay(listener)

    async def start() -> None:
        async with lifespan(None):
            pass

    asyncio.run(start())
    assert accepted_nodelay(listener)
    assert not accepted_nodelay_of_another()


def accepted_nodelay_of_another() -> bool:
    """One that came later is not concerned."""
    with socket.socket(socket.AF_INET) as later:
        later.bind(("127.0.0.1", 0))
        later.listen()
        return accepted_nodelay(later)


def test_only_sockets_that_wait_for_connections_count(listener):
    before = answer_promptly()
    with socket.socket(socket.AF_INET) as silent:
        silent.bind(("127.0.0.1", 0))
        assert answer_promptly() == before >= 1
        silent.listen()
        assert answer_promptly() == before + 1
