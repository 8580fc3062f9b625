# events go over an inproc PUSH socket to the workers (pyzmq, asyncio)
import asyncio, os, signal
import zmq, zmq.asyncio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Fan:
    endpoint = "inproc://events"
    def __init__(self, ctx):
        self.sock = ctx.socket(zmq.PUSH)
        self.sock.sndhwm = 10
        self.sock.bind(self.endpoint)
    async def emit(self, n):
        await self.sock.send(b"event %d" % n)

class Worker:
    def __init__(self, ctx, endpoint, warmup):
        self.ctx, self.endpoint, self.warmup, self.got = ctx, endpoint, warmup, []
    async def run(self):
        await asyncio.sleep(self.warmup)
        sock = self.ctx.socket(zmq.PULL)
        sock.connect(self.endpoint)
        while True:
            self.got.append(await sock.recv())

class Emitter:
    def __init__(self, fan): self.fan, self.sent = fan, 0
    async def run(self):
        for n in range(5):
            await self.fan.emit(n)
            self.sent += 1
        print("ENDED", flush=True)

async def monitor(e):
    while True:
        await asyncio.sleep(0.8)
        monitor.n = e.sent

async def main():
    ctx = zmq.asyncio.Context()
    e = Emitter(Fan(ctx))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(monitor(e), name="monitor")
        tg.create_task(Worker(ctx, Fan.endpoint, LAG).run(), name="worker")
        tg.create_task(e.run(), name="emit")
        await asyncio.sleep(1.4)
        print("READY", os.getpid(), flush=True)

asyncio.run(main())
