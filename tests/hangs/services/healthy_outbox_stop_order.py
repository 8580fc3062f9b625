"""Webhook relay with an orderly shutdown on SIGTERM."""
import asyncio, itertools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Outbox:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.posted = 0

    async def sender(self):
        while True:
            hook = await self.queue.get()
            try:
                await self.post(hook)
            finally:
                self.queue.task_done()

    async def post(self, hook):
        await asyncio.sleep(LAG if hook == 3 else 0.05)
        self.posted += 1

    async def drain(self):
        await self.queue.join()

class Intake:
    def __init__(self, outbox):
        self.outbox, self.numbers = outbox, itertools.count()

    async def run(self):
        while True:
            self.outbox.queue.put_nowait(next(self.numbers))
            await asyncio.sleep(0.1)

class Relay:
    def __init__(self):
        self.outbox = Outbox()
        self.stopping = asyncio.Event()
        self.tasks = {}

    def start(self):
        for name, coro in (("intake", Intake(self.outbox).run()), ("sender", self.outbox.sender())):
            self.tasks[name] = asyncio.create_task(coro, name=name)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stopping.set)

    async def stop(self):
        self.tasks["intake"].cancel()
        await self.outbox.drain()
        self.tasks["sender"].cancel()

async def heartbeat(relay):
    while True:
        await asyncio.sleep(0.5)
        relay.outbox.posted

async def main():
    relay = Relay()
    relay.start()
    hb = asyncio.create_task(heartbeat(relay), name="heartbeat")
    loop = asyncio.get_running_loop()
    loop.call_later(0.8, os.kill, os.getpid(), signal.SIGTERM)
    loop.call_later(1.5, lambda: print("READY", os.getpid(), flush=True))
    await relay.stopping.wait()
    await relay.stop()
    print("DONE", relay.outbox.posted, flush=True)
    hb.cancel()

asyncio.run(main())
