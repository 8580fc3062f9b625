import asyncio
class Svc:
    def __init__(self): self.stop = asyncio.Event()
    async def run(self):
        while not self.stop.is_set():
            await asyncio.sleep(1)
    def close(self): self.stop.set()
async def main():
    s = Svc()
    t = asyncio.create_task(s.run())
    stop = asyncio.Event()
    print("READY", flush=True)
    await stop.wait()
asyncio.run(main())
