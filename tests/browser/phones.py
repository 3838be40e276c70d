"""A class of simulated phones: each opens the room and answers, all at once, as a browser would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import time
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest


def answer_at_once(address: str, code: str, name: str, answers: Sequence[Any]) -> tuple[list[Any], float]:
    """Each phone looks at the room, and when all have, all answer. What the room kept of each, and when they began, in seconds."""
    with ThreadPoolExecutor(1) as elsewhere:  # where the browser is driven from, another loop runs
        return elsewhere.submit(lambda: asyncio.run(_answer_at_once(address, code, name, answers))).result()


async def _answer_at_once(address: str, code: str, name: str, answers: Sequence[Any]) -> tuple[list[Any], float]:
    client = AsyncHTTPClient(force_instance=True, max_clients=len(answers))
    phones = [f"{number:032x}" for number in range(len(answers))]

    async def look(phone: str) -> dict[str, Any]:
        reply = await client.fetch(f"{address}/room/{code}?phone={phone}&seen=", request_timeout=60)
        return json.loads(reply.body)

    async def give(phone: str, answer: Any) -> Any:
        body = json.dumps({"phone": phone, "name": name, "answer": answer})
        request = HTTPRequest(
            f"{address}/room/{code}/answer", "POST", {"Content-Type": "application/json"}, body, request_timeout=60
        )
        return json.loads((await client.fetch(request)).body)["said"]

    try:
        seen = await asyncio.gather(*(look(phone) for phone in phones))
        assert all(each["name"] == name for each in seen)
        began = time()
        kept = await asyncio.gather(*(give(phone, answer) for phone, answer in zip(phones, answers, strict=True)))
        return list(kept), began
    finally:
        client.close()
