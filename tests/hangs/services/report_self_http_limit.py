"""A reporting service on aiohttp: reports are put together from the service's own REST resources, over one shared client session."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Settings:
    host: str = "127.0.0.1"
    connections: int = 2


class RestClient:
    """The one session of the process, as the manual of aiohttp recommends it."""

    def __init__(self, settings: Settings) -> None:
        connector = aiohttp.TCPConnector(limit=settings.connections)
        self.session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        self.base = ""

    async def get(self, path: str) -> dict[str, object]:
        async with self.session.get(self.base + path) as response:
            response.raise_for_status()
            return await response.json()


class Resources:
    """The routes of this service."""

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self.reports = 0

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/turnover/{month}", self.turnover)
        app.router.add_get("/report/{branch}", self.report)
        return app

    async def turnover(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        return web.json_response({"month": request.match_info["month"], "turnover": 4711})

    async def report(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        months = [await self.client.get(f"/turnover/{month}") for month in (1, 2, 3)]
        self.reports += 1
        return web.json_response({"branch": request.match_info["branch"], "months": months})


class Server:
    def __init__(self, app: web.Application, settings: Settings) -> None:
        self.runner, self.settings = web.AppRunner(app), settings

    async def start(self) -> str:
        await self.runner.setup()
        site = web.TCPSite(self.runner, self.settings.host, 0)
        await site.start()
        host, port = self.runner.addresses[0][:2]
        return f"http://{host}:{port}"


class Mailing:
    """Sends the reports of the branches to their managers."""

    def __init__(self, client: RestClient) -> None:
        self.client, self.sent = client, 0

    async def send(self, branch: str) -> None:
        await self.client.get(f"/report/{branch}")
        self.sent += 1

    async def run(self) -> None:
        async for branches in self.schedule():
            async with asyncio.TaskGroup() as tg:
                for branch in branches:
                    tg.create_task(self.send(branch), name=f"mail-{branch}")

    async def schedule(self) -> AsyncIterator[list[str]]:
        while True:
            yield ["berlin"]
            await asyncio.sleep(0.5)
            yield ["hamburg"]
            await asyncio.sleep(0.5)
            yield ["berlin", "hamburg", "cologne"]
            await asyncio.sleep(0.5)


async def metrics(mailing: Mailing) -> None:
    while True:
        await asyncio.sleep(1)
        metrics.line = f"{mailing.sent} mails"


async def main() -> None:
    settings = Settings()
    client = RestClient(settings)
    client.base = await Server(Resources(client).application(), settings).start()
    mailing = Mailing(client)
    asyncio.get_running_loop().call_later(6, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(metrics(mailing), name="metrics")
        tg.create_task(mailing.run(), name="mailing")


asyncio.run(main())
