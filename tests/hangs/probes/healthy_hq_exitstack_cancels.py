import asyncio, contextlib, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


async def watch(name, started):
    started.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print("ENDED", name, flush=True)


async def session(names, out):
    with contextlib.ExitStack() as stack:
        for n in names:
            up = asyncio.Event()
            t = asyncio.create_task(watch(n, up))
            stack.callback(t.cancel)
            out.append(t)
            await up.wait()
        await asyncio.sleep(LAG)


async def main():
    tasks = []
    owner = asyncio.create_task(session(["a", "b"], tasks))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    await asyncio.wait(tasks)
    await owner


asyncio.run(main())
