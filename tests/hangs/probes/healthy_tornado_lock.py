# tornado.locks.Lock: a task has it for 25 s, another waits
import asyncio, signal
from tornado import locks
signal.alarm(900)
async def request(lock, seconds):
    async with lock:
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = locks.Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
