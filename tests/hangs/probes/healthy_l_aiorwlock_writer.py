# aiorwlock, two writers: one has it for 25 s, another waits
import asyncio, signal
import aiorwlock
signal.alarm(900)

async def request(x, seconds):
    async with x.writer:
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = aiorwlock.RWLock()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
