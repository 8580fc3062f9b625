# healthy: asyncio subprocess exit
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the exit of a child process is reported by the protocol
import asyncio


class Watch(asyncio.SubprocessProtocol):
    def __init__(self, exited):
        self.exited = exited

    def process_exited(self):
        self.exited.set_result(True)


async def main():
    loop = asyncio.get_running_loop()
    exited = loop.create_future()
    command = ["sleep", str(DELAY)]
    transport, protocol = await loop.subprocess_exec(lambda: Watch(exited), *command)
    print("READY", flush=True)
    await exited
    transport.close()
    print("DONE", flush=True)


asyncio.run(main())
