# a cancelled task cleans up for 25 s, and its canceller waits for it
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    async def worker(self):
        try: await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(25)
            raise
    async def run(self):
        t = asyncio.create_task(self.worker(), name="worker")
        await asyncio.sleep(0.1)
        t.cancel()
        await asyncio.wait([t])

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
