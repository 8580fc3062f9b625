"""wait_for(shield(...)) times out, but what was shielded goes on and keeps the lock; every retry waits for it."""
import asyncio, signal
signal.alarm(900)


class Session:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.greeting = asyncio.get_running_loop().create_future()

    async def login(self):
        async with self.lock:
            return await self.greeting


async def connect(session):
    login = asyncio.create_task(session.login(), name="login")
    try:
        return await asyncio.wait_for(asyncio.shield(login), 0.1)
    except asyncio.TimeoutError:
        return await session.login()


async def main():
    asyncio.get_running_loop().call_later(0.4, print, "READY")
    session = Session()
    await asyncio.create_task(connect(session), name="connect")


asyncio.run(main())
