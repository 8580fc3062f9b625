"""A message broker's client on trio: it warms up, says that it is ready, and then publishers send through it."""
from __future__ import annotations

import dataclasses
import math
import os
import signal

import trio

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Envelope:
    topic: str
    body: str


class Metrics:
    def __init__(self) -> None:
        self.published = 0
        self.beats = 0


class BrokerClient:
    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.ready = trio.Event()
        self.topics: dict[str, int] = {}
        self._out, self._outbox = trio.open_memory_channel[Envelope](math.inf)

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_alive)
            nursery.start_soon(self._send_loop)
            for topic in ("orders", "invoices", "returns"):
                await self._declare(topic)
            self.ready.set()

    async def _declare(self, topic: str) -> None:
        await trio.sleep(0.2)
        self.topics[topic] = 0

    async def _keep_alive(self) -> None:
        while True:
            await trio.sleep(1)
            self.metrics.beats += 1

    async def _send_loop(self) -> None:
        async for envelope in self._outbox:
            await trio.sleep(0.01)
            self.topics[envelope.topic] += 1
            self.metrics.published += 1

    async def publish(self, envelope: Envelope) -> None:
        await self.ready.wait()
        await self._out.send(envelope)


class Publisher:
    def __init__(self, client: BrokerClient, topic: str, every: float) -> None:
        self.client, self.topic, self.every = client, topic, every
        self.sent = 0

    async def run(self) -> None:
        while True:
            await self.client.publish(Envelope(self.topic, f"number {self.sent}"))
            self.sent += 1
            await trio.sleep(self.every)


async def status_page(metrics: Metrics) -> None:
    while True:
        await trio.sleep(0.5)
        status_page.text = f"{metrics.published} published, {metrics.beats} beats"


async def announce() -> None:
    await trio.sleep(3)
    print("READY", os.getpid(), flush=True)


async def main() -> None:
    metrics = Metrics()
    client = BrokerClient(metrics)
    publishers = [Publisher(client, "orders", 0.3), Publisher(client, "returns", 1.1)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(status_page, metrics)
        nursery.start_soon(announce)
        nursery.start_soon(client.run, name="broker-client")
        for publisher in publishers:
            nursery.start_soon(publisher.run, name=f"publish-{publisher.topic}")


trio.run(main)
