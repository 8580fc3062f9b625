"""A small gateway: requests are counted by a middleware, and a deployment drains the gateway over its admin route."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import signal
from collections.abc import Awaitable, Callable

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    client: str


@dataclasses.dataclass(frozen=True)
class Response:
    status: int
    body: str = ""


Handler = Callable[[Request], Awaitable[Response]]


class Inflight:
    """How many requests are being answered."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Inflight:
        self.count += 1
        return self

    async def __aexit__(self, *exc: object) -> None:
        async with self._changed:
            self.count -= 1
            self._changed.notify_all()

    async def drained(self, besides: int = 0) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.count <= besides)


class Gateway:
    def __init__(self) -> None:
        self.inflight = Inflight()
        self.draining = False
        self.version = 1
        self.answered = self.refused = 0
        self.routes: dict[tuple[str, str], Handler] = {
            ("GET", "/basket"): self.basket,
            ("POST", "/admin/drain"): self.drain,
        }

    async def __call__(self, request: Request) -> Response:
        if self.draining:
            self.refused += 1
            return Response(503, "try again")
        handler = self.routes.get((request.method, request.path))
        if handler is None:
            return Response(404)
        async with self.inflight:
            response = await handler(request)
        self.answered += 1
        return response

    async def basket(self, request: Request) -> Response:
        await asyncio.sleep(random.uniform(0.05, 0.3))
        return Response(200, f"basket of {request.client}")

    async def drain(self, request: Request) -> Response:
        """Answers as soon as the new version may take over."""
        self.draining = True
        await self.inflight.drained()
        self.version += 1
        self.draining = False
        return Response(200, f"version {self.version}")


class Shopper:
    def __init__(self, name: str, gateway: Gateway) -> None:
        self.name, self.gateway = name, gateway
        self.statuses: dict[int, int] = {}

    async def run(self) -> None:
        while True:
            response = await self.gateway(Request("GET", "/basket", self.name))
            self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
            await asyncio.sleep(0.2)


class Deployment:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.log = gateway, []

    async def run(self) -> None:
        while True:
            await asyncio.sleep(2)
            response = await self.gateway(Request("POST", "/admin/drain", "deployer"))
            self.log.append(response.body)


async def statsd(gateway: Gateway) -> None:
    while True:
        await asyncio.sleep(1)
        statsd.line = f"inflight:{gateway.inflight.count} refused:{gateway.refused} version:{gateway.version}"


async def main() -> None:
    gateway = Gateway()
    asyncio.get_running_loop().call_later(5, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(statsd(gateway), name="statsd")
        tg.create_task(Deployment(gateway).run(), name="deployment")
        for name in ("ann", "bob", "cid"):
            tg.create_task(Shopper(name, gateway).run(), name=f"shopper-{name}")


asyncio.run(main())
