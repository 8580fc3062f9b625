"""subprocess.run() in a coroutine: the loop stands still until the child ends, which it does not."""
import asyncio, signal, subprocess
signal.alarm(900)


def convert(path):
    print("READY", flush=True)
    return subprocess.run(["sleep", "800"], check=True)


async def upload(path):
    await asyncio.sleep(0.05)
    convert(path)


async def keepalive():
    while True:
        await asyncio.sleep(0.1)


async def main():
    alive = asyncio.create_task(keepalive(), name="keepalive")
    await asyncio.create_task(upload("/tmp/in.mov"), name="upload-3")
    alive.cancel()


asyncio.run(main())
