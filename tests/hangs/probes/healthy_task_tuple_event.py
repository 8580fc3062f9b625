# tasks: waiters are tuples (name, event), another task runs over them after 25 s
import asyncio, signal
signal.alarm(900)
class Board:
    def __init__(self):
        self.waiters = []
    async def wait(self, name):
        event = asyncio.Event()
        self.waiters.append((name, event))
        await event.wait()
    async def publish(self):
        await asyncio.sleep(25)
        for name, event in self.waiters:
            event.set()
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    board = Board()
    await asyncio.gather(board.wait("a"), board.publish())
asyncio.run(main())
