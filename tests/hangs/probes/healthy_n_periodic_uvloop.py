# rate limiter: a repeating call_later refills permits (uvloop)
import asyncio, uvloop
class Limiter:
    def __init__(self, loop, n, period):
        self.sem, self.n, self.period, self.loop = asyncio.Semaphore(n), n, period, loop
        loop.call_later(period, self.refill)
    def refill(self):
        for i in range(self.n): self.sem.release()
        self.loop.call_later(self.period, self.refill)
async def main():
    loop = asyncio.get_running_loop(); l = Limiter(loop, 2, 45)
    loop.call_later(1, print, "READY")
    for i in range(3): await l.sem.acquire()
uvloop.run(main())
