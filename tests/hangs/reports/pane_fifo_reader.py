# Terminal orchestrator: a reader task follows a pane's output through a named pipe; the session ends and cleans up.
import asyncio
import os
import signal
import tempfile
import threading

import aiofiles

signal.alarm(900)


class PaneReader:
    def __init__(self, path):
        self.path = path
        self.lines = []
        os.mkfifo(path)

    async def follow(self):
        while True:
            async with aiofiles.open(self.path) as pipe:
                async for line in pipe:
                    self.lines.append(line)

    def cleanup(self):
        os.unlink(self.path)


def pane(path, stop):
    """writes the pane's output: a few lines each time it is shown"""
    while not stop.wait(0.3):
        with open(path, "w") as pipe:
            pipe.write("$ make\nok\n")


async def session(path):
    reader = PaneReader(path)
    stop = threading.Event()
    writer = threading.Thread(target=pane, args=(path, stop), name="pane")
    writer.start()
    follow = asyncio.create_task(reader.follow(), name="follow")
    await asyncio.sleep(1)
    stop.set()
    await asyncio.to_thread(writer.join)
    follow.cancel()
    await asyncio.gather(follow, return_exceptions=True)
    reader.cleanup()
    return len(reader.lines)


def main():
    ready = threading.Timer(2.5, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    folder = tempfile.mkdtemp()
    number = 0
    while True:
        number += 1
        asyncio.run(session(os.path.join(folder, f"pane-{number}.fifo")))


main()
