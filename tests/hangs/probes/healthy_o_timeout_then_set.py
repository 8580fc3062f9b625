# healthy: timeout then set
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the probe gives up after its own time limit and then reports
import asyncio


class Prober:
    def __init__(self):
        self.reports = {}
        self.answer = asyncio.Event()

    async def probe(self, host):
        try:
            async with asyncio.timeout(DELAY):
                await self.answer.wait()
            verdict = "up"
        except TimeoutError:
            verdict = "down"
        self.reports[host].set_result(verdict)

    async def status(self, host):
        future = asyncio.get_running_loop().create_future()
        self.reports[host] = future
        return await future


async def main():
    prober = Prober()
    waiting = asyncio.create_task(prober.status("db1"))
    await asyncio.sleep(0)
    probing = asyncio.create_task(prober.probe("db1"))
    print("READY", flush=True)
    print(await waiting)
    await probing
    print("DONE", flush=True)


asyncio.run(main())
