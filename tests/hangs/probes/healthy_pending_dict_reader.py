# a reader task will answer requests by pending.pop(id).set_result()
import asyncio, signal
signal.alarm(900)
class Client:
    def __init__(self):
        self.pending = {}
    async def call(self, n):
        fut = asyncio.get_running_loop().create_future()
        self.pending[n] = ("call", fut, None)
        return await fut
    async def read(self):
        await asyncio.sleep(25)
        kind, fut, _ = self.pending.pop(1)
        fut.set_result(kind)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    c = Client()
    await asyncio.gather(c.call(1), c.read())
asyncio.run(main())
