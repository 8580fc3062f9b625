# healthy: call later cancel
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the idle connection is cancelled by a timer of the loop
import asyncio


class Connection:
    def __init__(self, loop):
        self.loop = loop
        self.frames = asyncio.Queue()
        self.task = None

    async def run(self):
        while True:
            frame = await self.frames.get()
            self.touch()
            print(frame)

    def open(self):
        self.task = self.loop.create_task(self.run())
        self.touch()

    def touch(self):
        self.timer = self.loop.call_later(DELAY, self.task.cancel)


async def main():
    connection = Connection(asyncio.get_running_loop())
    connection.open()
    print("READY", flush=True)
    await asyncio.wait([connection.task])
    print("DONE", flush=True)


asyncio.run(main())
