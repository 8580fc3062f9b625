"""Invoices over HTTP: the template engine is synchronous and runs in a thread, its data come from the loop."""
from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time

import anyio.from_thread
import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

signal.alarm(900)


class CustomerDirectory:
    """Customers, from a slow upstream; asked for by everybody."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._known: dict[int, str] = {}

    async def name(self, number: int) -> str:
        async with self.lock:
            return await self._name(number)

    async def _name(self, number: int) -> str:
        if number not in self._known:
            await asyncio.sleep(0.05)
            self._known[number] = f"customer {number}"
        return self._known[number]


class Renderer:
    """Jinja-like: synchronous, and it calls back for what a template needs."""

    def __init__(self, directory: CustomerDirectory) -> None:
        self.directory = directory
        self.rendered = 0

    def render(self, number: int) -> str:
        customer = anyio.from_thread.run(self.directory._name, number)
        time.sleep(0.1)
        self.rendered += 1
        return f"invoice {number} for {customer}"


directory = CustomerDirectory()
renderer = Renderer(directory)


async def invoice(request: Request) -> PlainTextResponse:
    async with directory.lock:                      # no change of customers while one is printed
        text = await run_in_threadpool(renderer.render, request.path_params["number"])
    return PlainTextResponse(text)


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"rendered": renderer.rendered})


app = Starlette(routes=[Route("/invoices/{number:int}", invoice), Route("/health", health)])


class Clients:
    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=None)
        self.healthy = 0
        self.printed = 0

    def printer(self, first: int) -> None:
        number = first
        while True:
            self.client.get(f"/invoices/{number}")
            self.printed += 1
            number += 2
            time.sleep(0.5)

    def monitor(self) -> None:
        for tick in range(10**9):
            time.sleep(0.5)
            self.client.get("/health")
            self.healthy += 1
            if tick == 6:
                print("READY", os.getpid(), flush=True)

    def start(self) -> None:
        threading.Thread(target=self.printer, args=(1,), name="printer-1", daemon=True).start()
        threading.Thread(target=self.printer, args=(2,), name="printer-2", daemon=True).start()
        threading.Thread(target=self.monitor, name="monitor", daemon=True).start()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
    Clients(listener.getsockname()[1]).start()
    server.run(sockets=[listener])


main()
