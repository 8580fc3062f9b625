"""Meter readings come from a message client with a network thread of its own; an asyncio consumer stores them."""
from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import threading
import time
from collections.abc import Callable

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes


class MessageClient:
    """In the manner of an MQTT client: loop_start() starts a thread which calls on_message."""

    def __init__(self, interval: float = 0.25) -> None:
        self.interval = interval
        self.on_message: Callable[[Message], None] = lambda message: None
        self.received = 0

    def loop_start(self) -> None:
        threading.Thread(target=self._loop, name="mq-network", daemon=True).start()

    def _loop(self) -> None:
        while True:
            time.sleep(self.interval)
            reading = {"meter": self.received % 5, "kwh": self.received * 0.1}
            self.received += 1
            self.on_message(Message("meters/reading", json.dumps(reading).encode()))


class Readings:
    def __init__(self) -> None:
        self.by_meter: dict[int, float] = {}
        self.stored = 0

    def store(self, meter: int, kwh: float) -> None:
        self.by_meter[meter] = kwh
        self.stored += 1


class Bridge:
    """From the client's thread to the loop."""

    def __init__(self, client: MessageClient) -> None:
        self.client = client
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> "Bridge":
        self.loop = asyncio.get_running_loop()
        self.client.on_message = self._on_message
        self.client.loop_start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.client.on_message = lambda message: None

    def _on_message(self, message: Message) -> None:
        self.inbox.put_nowait(message)

    async def messages(self):
        while True:
            yield await self.inbox.get()


class Consumer:
    def __init__(self, bridge: Bridge, readings: Readings) -> None:
        self.bridge, self.readings = bridge, readings

    async def run(self) -> None:
        async for message in self.bridge.messages():
            reading = json.loads(message.payload)
            self.readings.store(reading["meter"], reading["kwh"])


class Watch(threading.Thread):
    """Gauges for the dashboard; must not depend on the loop."""

    def __init__(self, client: MessageClient, readings: Readings) -> None:
        super().__init__(name="watch", daemon=True)
        self.client, self.readings = client, readings

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.gauge = (self.client.received, self.readings.stored)
            if tick == 3:
                print("READY", os.getpid(), flush=True)


async def main(client: MessageClient, readings: Readings) -> None:
    shutdown = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, shutdown.set)
    async with Bridge(client) as bridge:
        consumer = asyncio.create_task(Consumer(bridge, readings).run(), name="consumer")
        await shutdown.wait()
        consumer.cancel()


client, readings = MessageClient(), Readings()
Watch(client, readings).start()
asyncio.run(main(client, readings))
