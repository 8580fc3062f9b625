# aiorwlock: a reader has it for 25 s, a writer waits
import asyncio, signal
import aiorwlock
signal.alarm(900)
async def read(lock):
    async with lock.reader:
        await asyncio.sleep(25)
async def write(lock):
    async with lock.writer:
        pass
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = aiorwlock.RWLock()
    await asyncio.gather(read(lock), write(lock))
asyncio.run(main())
