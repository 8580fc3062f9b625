# an exporter that stops at the first unhandled error of the loop
import asyncio, functools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Watch:
    def __init__(self, loop):
        self.first = loop.create_future()
        self.count = 0
        loop.set_exception_handler(self.on_error)
    def on_error(self, loop, context):
        self.count += 1
        if not self.first.done():
            self.first.set_result(context["message"])

class Exporter:
    def __init__(self): self.jobs, self.values = [], {}
    async def scrape(self, target):
        await asyncio.sleep(0.1)
        if target == "broken":
            raise OSError(target)
        while True:
            await asyncio.sleep(1)
            self.values[target] = self.values.get(target, 0) + 1
    def start(self, targets):
        for t in targets:
            self.jobs.append(asyncio.create_task(self.scrape(t), name=f"scrape-{t}"))
    def flush(self, target):
        self.values[target] /= 0

async def guard(watch):
    msg = await watch.first
    print("ENDED", msg, flush=True)

async def main():
    loop = asyncio.get_running_loop()
    watch, exp = Watch(loop), Exporter()
    exp.start(["a", "b"])
    loop.call_later(LAG, functools.partial(exp.flush, "a"))
    loop.call_later(1.5, lambda: print("READY", os.getpid(), flush=True))
    await asyncio.create_task(guard(watch), name="guard")

asyncio.run(main())
