"""A packing station with a scale on the network; the scale speaks a protocol of lines, as old devices do."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import signal

signal.alarm(900)


class Scale:
    """Stands for the device. It ends its measurements with CR LF and its acknowledgements with CR."""

    def __init__(self) -> None:
        self.grams, self.zero = 0, 0

    def answer(self, command: str) -> bytes:
        if command == "W":
            self.grams = random.randint(100, 5000)
            return f"ST,GS,{self.grams - self.zero:7d} g\r\n".encode()
        if command == "T":
            self.zero = 20
            return b"OK\r"
        return b"EL\r\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await asyncio.sleep(0.1)
            writer.write(self.answer(line.decode().strip()))
            await writer.drain()
        writer.close()


class ScaleClient:
    """One command at a time goes over the connection."""

    END = {"W": b"\r\n", "T": b"\r\n"}

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._turn = asyncio.Lock()
        self.commands = 0

    @classmethod
    async def connect(cls, host: str, port: int) -> ScaleClient:
        return cls(*await asyncio.open_connection(host, port))

    async def ask(self, command: str) -> str:
        async with self._turn:
            self._writer.write(f"{command}\r\n".encode())
            await self._writer.drain()
            answer = await self._reader.readuntil(self.END[command])
            self.commands += 1
            return answer.decode().strip()

    async def weigh(self) -> int:
        return int((await self.ask("W")).split(",")[2].split()[0])

    async def tare(self) -> None:
        if await self.ask("T") != "OK":
            raise RuntimeError("the scale does not tare")


@dataclasses.dataclass
class Parcel:
    number: int
    grams: int = 0


class PackingStation:
    def __init__(self, scale: ScaleClient) -> None:
        self.scale = scale
        self.parcels: list[Parcel] = []

    async def run(self) -> None:
        for number in range(10**9):
            parcel = Parcel(number, await self.scale.weigh())
            self.parcels.append(parcel)
            await asyncio.sleep(0.3)
            if number % 6 == 5:                  # another kind of carton
                await self.scale.tare()


class Display:
    """Shows the weight to the packer."""

    def __init__(self, scale: ScaleClient) -> None:
        self.scale, self.text = scale, ""

    async def run(self) -> None:
        while True:
            self.text = f"{await self.scale.weigh()} g"
            await asyncio.sleep(1)


async def conveyor() -> None:
    while True:
        await asyncio.sleep(0.4)
        conveyor.position = random.random()


async def main() -> None:
    server = await asyncio.start_server(Scale().serve, "127.0.0.1", 0)
    client = await ScaleClient.connect(*server.sockets[0].getsockname()[:2])
    asyncio.get_running_loop().call_later(7, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(conveyor(), name="conveyor")
        tg.create_task(PackingStation(client).run(), name="packing-station")
        tg.create_task(Display(client).run(), name="display")


asyncio.run(main())
