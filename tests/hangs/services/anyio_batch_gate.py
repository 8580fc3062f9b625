"""Telemetry batches on anyio: probes add readings, an uploader waits for a full batch."""
import anyio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

HOOKS = {}

def every(seconds):
    def register(fn):
        HOOKS[fn.__qualname__] = fn, seconds
        return fn
    return register

class BatchGate:
    def __init__(self, size):
        self.size, self.items, self.force = size, [], False
        self.cond = anyio.Condition()

    async def add(self, item):
        async with self.cond:
            self.items.append(item)
            if len(self.items) >= self.size:
                self.cond.notify_all()

    async def take(self):
        async with self.cond:
            while len(self.items) < self.size and not self.force:
                await self.cond.wait()
            out, self.items, self.force = self.items, [], False
            return out

    async def flush(self):
        async with self.cond:
            self.force = True
            self.cond.notify_all()

class Probe:
    def __init__(self, gate):
        self.gate, self.errors = gate, []

    def measure(self, n):
        return {"n": n, "inv": 1 / (6 - n)}

    async def run(self):
        try:
            for n in range(100):
                await self.gate.add(self.measure(n))
                await anyio.sleep(0.05)
        except ZeroDivisionError as e:
            self.errors.append(e)

class Uploader:
    def __init__(self, gate):
        self.gate, self.shipped = gate, 0

    async def ship(self):
        while True:
            batch = await self.gate.take()
            self.shipped += len(batch)
            print("DONE", len(batch), flush=True)

async def periodic(fn, seconds, *args):
    while True:
        await anyio.sleep(seconds)
        await fn(*args)

async def heartbeat(up):
    while True:
        await anyio.sleep(0.5)
        up.shipped

async def announce():
    await anyio.sleep(1.2)
    print("READY", os.getpid(), flush=True)

async def main():
    gate = BatchGate(10)
    up = Uploader(gate)
    async with anyio.create_task_group() as tg:
        for fn, *args in ((Probe(gate).run,), (up.ship,), (heartbeat, up), (announce,)):
            tg.start_soon(fn, *args)
        for fn, seconds in HOOKS.values():
            tg.start_soon(periodic, fn, seconds, gate)

anyio.run(main)
