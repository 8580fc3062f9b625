import os, signal, time
import anyio, anyio.from_thread, anyio.to_thread
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


def slow_checksum(path, *notify):
    time.sleep(LAG)
    total = sum(map(ord, path))
    for fn in notify:
        anyio.from_thread.run_sync(fn)
    return total


async def show(ready):
    await ready.wait()
    print("ENDED", flush=True)


async def main():
    ready = anyio.Event()
    async with anyio.create_task_group() as tg:
        tg.start_soon(show, ready)
        tg.start_soon(anyio.to_thread.run_sync, slow_checksum, "/etc/hosts", ready.set)
        await anyio.sleep(0.3)
        print("READY", os.getpid(), flush=True)


anyio.run(main)
