# an own rate limiter: async with sets the next one's event by call_later: one has it for 25 s, another waits
import asyncio, signal

signal.alarm(900)

class Limiter:
    def __init__(self): self.busy, self.events = False, []
    async def __aenter__(self):
        while self.busy:
            e = asyncio.Event(); self.events.append(e); await e.wait()
        self.busy = True
    async def __aexit__(self, *exc):
        self.busy = False
        asyncio.get_running_loop().call_later(0.1, self.wake)
    def wake(self):
        for e in self.events: e.set()

async def request(x, seconds):
    async with x:
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = Limiter()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
