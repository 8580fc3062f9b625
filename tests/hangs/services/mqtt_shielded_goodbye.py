"""A bridge from sensors to an MQTT broker, on trio; the session is made anew whenever the broker does not answer a ping in time."""
from __future__ import annotations

import dataclasses
import itertools
import math
import os
import signal
from collections.abc import Awaitable, Callable

import trio

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Packet:
    kind: str
    number: int
    body: str = ""


class Broker:
    """Stands for the broker: acknowledges everything, but the seventh ping of a session rather late."""

    def __init__(self) -> None:
        self.published = 0

    async def serve(self, inbox: trio.MemoryReceiveChannel[Packet], outbox: trio.MemorySendChannel[Packet]) -> None:
        pings = 0
        async with inbox, outbox:
            async for packet in inbox:
                pings += packet.kind == "ping"
                self.published += packet.kind == "publish"
                await trio.sleep(2.0 if packet.kind == "ping" and pings == 7 else 0.01)
                await outbox.send(Packet("ack", packet.number))


class PingTimeout(Exception):
    pass


class Session:
    def __init__(self, out: trio.MemorySendChannel[Packet], into: trio.MemoryReceiveChannel[Packet]) -> None:
        self._out, self._into = out, into
        self._numbers = itertools.count(1)
        self._acks: dict[int, trio.Event] = {}

    async def request(self, kind: str, body: str = "") -> None:
        number = next(self._numbers)
        self._acks[number] = trio.Event()
        await self._out.send(Packet(kind, number, body))
        await self._acks[number].wait()
        del self._acks[number]

    async def read(self) -> None:
        async for packet in self._into:
            if packet.number in self._acks:
                self._acks[packet.number].set()

    async def ping(self) -> None:
        while True:
            await trio.sleep(0.4)
            with trio.move_on_after(0.5) as scope:
                await self.request("ping")
            if scope.cancelled_caught:
                raise PingTimeout

    async def publish(self, topic: str, values: Callable[[], Awaitable[str]]) -> None:
        try:
            while True:
                await self.request("publish", f"{topic} {await values()}")
        finally:
            with trio.CancelScope(shield=True):              # the broker wants to know
                await self.request("unpublish", topic)

    async def run(self, topics: dict[str, Callable[[], Awaitable[str]]]) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.read, name="read")
            nursery.start_soon(self.ping, name="ping")
            for topic, values in topics.items():
                nursery.start_soon(self.publish, topic, values, name=f"publish-{topic}")


class Bridge:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.sessions = 0

    async def temperature(self) -> str:
        await trio.sleep(0.3)
        return "21.5"

    async def humidity(self) -> str:
        await trio.sleep(0.5)
        return "48"

    async def run(self) -> None:
        topics = {"temperature": self.temperature, "humidity": self.humidity}
        async with trio.open_nursery() as nursery:
            while True:
                to_broker, broker_in = trio.open_memory_channel[Packet](math.inf)
                broker_out, from_broker = trio.open_memory_channel[Packet](math.inf)
                nursery.start_soon(self.broker.serve, broker_in, broker_out, name="broker")
                self.sessions += 1
                try:
                    await Session(to_broker, from_broker).run(topics)
                except* PingTimeout:
                    await to_broker.aclose()


async def web_page(bridge: Bridge) -> None:
    while True:
        await trio.sleep(1)
        web_page.text = f"session {bridge.sessions}, {bridge.broker.published} values"


async def announce() -> None:
    await trio.sleep(8)
    print("READY", os.getpid(), flush=True)


async def main() -> None:
    bridge = Bridge(Broker())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(web_page, bridge)
        nursery.start_soon(announce)
        nursery.start_soon(bridge.run, name="bridge")


trio.run(main)
