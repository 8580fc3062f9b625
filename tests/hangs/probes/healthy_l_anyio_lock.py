# anyio.Lock: one has it for 25 s, another waits
import asyncio, signal
import anyio
signal.alarm(900)

async def request(x, seconds):
    async with x:
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = anyio.Lock()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
