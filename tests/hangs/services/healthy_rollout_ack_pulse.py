"""Rolls a new configuration out to the agents of a site, one version after the other."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Version:
    number: int
    settings: dict[str, str]


class Agent:
    """Applies what comes and says so."""

    def __init__(self, name: str, board: "AckBoard") -> None:
        self.name, self.board = name, board
        self.commands: asyncio.Queue[Version] = asyncio.Queue()
        self.current = 0

    async def run(self) -> None:
        while True:
            version = await self.commands.get()
            await asyncio.sleep(0.1)
            self.current = version.number
            self.board.acknowledge(self.name, version)


class AckBoard:
    """Who has which version; whoever waits for a complete site is woken."""

    def __init__(self) -> None:
        self.acks: dict[str, int] = {}
        self.expected: set[str] = set()
        self.complete = asyncio.Event()

    def expect(self, agents: list[Agent]) -> None:
        self.expected = {a.name for a in agents}
        self.acks.clear()
        self.complete.clear()                      # ready for the next version

    def acknowledge(self, agent: str, version: Version) -> None:
        self.acks[agent] = version.number
        if self.expected <= self.acks.keys():
            self.complete.set()

    async def wait_complete(self) -> None:
        await self.complete.wait()


class History:
    """Keeps every version on (slow) storage."""

    def __init__(self) -> None:
        self.saved: list[int] = []

    async def save(self, version: Version) -> None:
        await asyncio.sleep(0.03 if version.number < 3 else 0.4)
        self.saved.append(version.number)


class Rollout:
    def __init__(self, agents: list[Agent], board: AckBoard, history: History) -> None:
        self.agents, self.board, self.history = agents, board, history
        self.finished = 0

    async def push(self, version: Version) -> None:
        self.board.expect(self.agents)
        for agent in self.agents:
            agent.commands.put_nowait(version)
        await self.history.save(version)
        await self.board.wait_complete()
        self.finished = version.number

    async def run(self) -> None:
        number = 0
        while True:
            number += 1
            await self.push(Version(number, {"interval": str(number)}))
            await asyncio.sleep(0.3)


async def dashboard(rollout: Rollout) -> None:
    while True:
        await asyncio.sleep(1)
        dashboard.line = f"version {rollout.finished}"


async def main() -> None:
    board = AckBoard()
    agents = [Agent(f"site-{n}", board) for n in range(3)]
    rollout = Rollout(agents, board, History())
    asyncio.get_running_loop().call_later(4, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        for agent in agents:
            tg.create_task(agent.run(), name=f"agent-{agent.name}")
        tg.create_task(dashboard(rollout), name="dashboard")
        tg.create_task(rollout.run(), name="rollout")


asyncio.run(main())
