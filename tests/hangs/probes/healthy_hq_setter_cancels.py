import asyncio, json, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Session:
    def __init__(self):
        self._open = True
        self._inbox = asyncio.Queue()
        self._pump = asyncio.create_task(self._receive())

    async def _receive(self):
        while True:
            await self._inbox.get()

    @property
    def active(self):
        return self._open

    @active.setter
    def active(self, value):
        self._open = value
        if not value:
            self._pump.cancel()

    async def wait(self):
        await asyncio.wait([self._pump])


async def apply_later(session, text):
    await asyncio.sleep(LAG)
    for key, value in json.loads(text).items():
        setattr(session, key, value)


async def main():
    s = Session()
    later = asyncio.create_task(apply_later(s, '{"active": false}'))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    await s.wait()
    print("ENDED", flush=True)
    await later


asyncio.run(main())
