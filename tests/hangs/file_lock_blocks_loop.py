"""flock() in a coroutine, while another open file of the same process has the lock: a system call that does not return."""
import asyncio, fcntl, signal, tempfile
signal.alarm(900)


class StateFile:
    def __init__(self, path):
        self.file = open(path, "r+")

    def exclusive(self):
        fcntl.flock(self.file, fcntl.LOCK_EX)


async def migrate(path):
    state = StateFile(path)
    await asyncio.sleep(0.05)
    print("READY", flush=True)
    state.exclusive()


async def heartbeat():
    while True:
        await asyncio.sleep(0.1)


async def main():
    with tempfile.NamedTemporaryFile("r+") as file:
        owner = StateFile(file.name)
        owner.exclusive()
        beat = asyncio.create_task(heartbeat(), name="heartbeat")
        await asyncio.create_task(migrate(file.name), name="migrate")
        beat.cancel()


asyncio.run(main())
