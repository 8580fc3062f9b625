"""A shop back end whose components come from an asynchronous container."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

signal.alarm(900)


@dataclasses.dataclass
class Settings:
    sender: str = "shop@example.org"
    locale: str = "en"


class Mailer:
    def __init__(self, settings: Settings, templates: "Templates") -> None:
        self.sender, self.templates = settings.sender, templates
        self.sent = 0

    async def send(self, to: str, template: str) -> None:
        self.templates.render(template, to=to)
        await asyncio.sleep(0.05)
        self.sent += 1


class Templates:
    def __init__(self, footer: str) -> None:
        self.footer = footer

    def render(self, name: str, **values: str) -> str:
        return f"{name} {values} -- {self.footer}"


class Container:
    """Every component is made once; who asks meanwhile waits for the one who makes it."""

    def __init__(self) -> None:
        self._factories: dict[type, Callable[[Container], Awaitable[Any]]] = {}
        self._made: dict[type, asyncio.Future[Any]] = {}

    def register(self, key: type, factory: Callable[[Container], Awaitable[Any]]) -> None:
        self._factories[key] = factory

    async def get(self, key: type) -> Any:
        future = self._made.get(key)
        if future is not None:
            return await future
        future = self._made[key] = asyncio.get_running_loop().create_future()
        try:
            value = await self._factories[key](self)
        except Exception as e:
            del self._made[key]
            future.set_exception(e)
            raise
        future.set_result(value)
        return value

    def reset(self) -> None:
        self._made = {k: f for k, f in self._made.items() if k is Settings or not f.done()}


async def make_settings(c: Container) -> Settings:
    await asyncio.sleep(0.05)
    return Settings()


async def make_mailer(c: Container) -> Mailer:
    settings = await c.get(Settings)
    await asyncio.sleep(0.5)                      # SMTP handshake
    return Mailer(settings, await c.get(Templates))


async def make_templates(c: Container) -> Templates:
    await asyncio.sleep(0.5)                      # read them all
    settings = await c.get(Settings)
    return Templates(footer=f"answers to {settings.sender}")


class Orders:
    def __init__(self, container: Container) -> None:
        self.container, self.confirmed = container, 0

    async def confirm(self, n: int) -> None:
        mailer = await self.container.get(Mailer)
        await mailer.send(f"buyer{n}@example.org", "confirmed")
        self.confirmed += 1

    async def run(self) -> None:
        n = 0
        while True:
            n += 1
            await self.confirm(n)
            await asyncio.sleep(0.5)
            if n % 5 == 0:
                self.container.reset()


class Newsletter:
    def __init__(self, container: Container) -> None:
        self.container, self.issues = container, 0

    async def run(self) -> None:
        while True:
            templates = await self.container.get(Templates)
            templates.render("newsletter", week=str(self.issues))
            self.issues += 1
            await asyncio.sleep(1)


async def stock_poller() -> None:
    while True:
        await asyncio.sleep(1)


async def main() -> None:
    container = Container()
    container.register(Settings, make_settings)
    container.register(Mailer, make_mailer)
    container.register(Templates, make_templates)
    asyncio.get_running_loop().call_later(4, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(stock_poller(), name="stock-poller")
        tg.create_task(Orders(container).run(), name="orders")
        tg.create_task(Newsletter(container).run(), name="newsletter")


asyncio.run(main())
