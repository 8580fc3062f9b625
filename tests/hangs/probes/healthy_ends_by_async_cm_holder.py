# somebody alive ends the wait after 45 s: async cm holder
import signal
signal.alarm(900)
import asyncio, contextlib
class Hold:
    def __init__(self, lock, why=''):
        self.lock, self.why = lock, why

    async def __aenter__(self):
        await self.lock.acquire()  
        return self

    async def __aexit__(self, *exc):
        self.lock.release()
async def hold(L):
    async with Hold(L, 'update'):  
        await asyncio.sleep(45)
async def wait(L):
    async with L:
        pass
async def main():
    L = asyncio.Lock()
    h = asyncio.create_task(hold(L), name='holder')
    await asyncio.sleep(.1)
    w = asyncio.create_task(wait(L), name='waiter')
    print('READY', flush=True)
    await w
asyncio.run(main())
