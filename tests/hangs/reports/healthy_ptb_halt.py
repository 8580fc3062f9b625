# a 429 halts all requests: an Event is cleared, and set after the pause (after python-telegram-bot issue 5338)
import asyncio, random
from svc_noise import SLOW, ready, aio_heartbeat

class RetryAfter(Exception):
    def __init__(self, seconds):
        self.seconds = seconds

class Limiter:
    def __init__(self):
        self.open = asyncio.Event()
        self.open.set()
    async def call(self, fn, *args):
        while True:
            await self.open.wait()
            try:
                return await fn(*args)
            except RetryAfter as e:
                self.open.clear()
                await asyncio.sleep(e.seconds)
                self.open.set()

class Bot:
    def __init__(self):
        self.limiter, self.sent = Limiter(), []
    async def _post(self, n):
        await asyncio.sleep(0.05 * n)
        if n == 0 and not self.sent:
            self.sent.append("flood")
            raise RetryAfter(SLOW)
        self.sent.append(n)
    async def send(self, n):
        await asyncio.sleep(0.05 * n)
        return await self.limiter.call(self._post, n)

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    bot = Bot()
    tasks = [asyncio.create_task(bot.send(n), name="send-%d" % n) for n in range(3)]
    ready()
    await asyncio.gather(*tasks, return_exceptions=True)
    print("DONE", flush=True)
asyncio.run(main())
