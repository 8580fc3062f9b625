# tenacity waits 25 s before it calls the setter again
import asyncio, signal, tenacity
signal.alarm(900)
class Service:
    def __init__(self): self.ready = asyncio.Event(); self.fail = True
    @tenacity.retry(wait=tenacity.wait_fixed(25))
    async def load(self):
        if self.fail:
            self.fail = False
            raise RuntimeError
        self.ready.set()
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = Service(); t = asyncio.create_task(s.load())
    await s.ready.wait()
asyncio.run(main())
