# healthy twin of to_thread_saturated: there is a thread left, and loading takes 25 s
import asyncio, concurrent.futures, signal, threading
import aiofiles
signal.alarm(900)

class Config:
    def __init__(self):
        self.loaded = threading.Event()
        self.text = None
    def get(self):
        self.loaded.wait()
        return self.text
    async def load(self, path):
        async with aiofiles.open(path) as f:
            self.text = await f.read()
        await asyncio.sleep(25)
        self.loaded.set()

async def view(config):
    return await asyncio.to_thread(config.get)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().set_default_executor(concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="io"))
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    config = Config()
    views = [asyncio.create_task(view(config), name="view-%d" % n) for n in range(3)]
    await asyncio.sleep(0.1)
    await asyncio.create_task(config.load(__file__), name="load")

asyncio.run(main())
