# trio: two peers of a replication exchange their changes over channels without buffers
import math, os, signal
from dataclasses import dataclass, field
import trio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

@dataclass
class Peer:
    name: str
    out: trio.MemorySendChannel
    inc: trio.MemoryReceiveChannel
    store: dict = field(default_factory=dict)
    pause: float = 0

    async def push(self):
        for key in range(3):
            await self.out.send((self.name, key))
        await self.out.send(None)
    async def pull(self):
        async for item in self.inc:
            if item is None:
                return
            self.store[item] = True

class Left(Peer):
    async def exchange(self):
        await trio.sleep(self.pause)
        await self.push()
        await self.pull()

class Right(Peer):
    async def exchange(self):
        await trio.sleep(self.pause)
        await self.pull()
        await self.push()

async def metrics(peers):
    while True:
        await trio.sleep(0.7)
        metrics.sizes = [len(p.store) for p in peers]

async def ready():
    await trio.sleep(1.5)
    print("READY", os.getpid(), flush=True)

async def main():
    a_out, b_in = trio.open_memory_channel(0)
    b_out, a_in = trio.open_memory_channel(0)
    left, right = Left("left", a_out, a_in), Right("right", b_out, b_in, pause=LAG)
    async with trio.open_nursery() as bg:
        bg.start_soon(metrics, (left, right))
        bg.start_soon(ready)
        async with trio.open_nursery() as n:
            n.start_soon(left.exchange, name="left")
            n.start_soon(right.exchange, name="right")
        print("ENDED", flush=True)

trio.run(main)
