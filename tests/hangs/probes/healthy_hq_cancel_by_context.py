import asyncio, contextvars, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
tenant = contextvars.ContextVar("tenant", default="")


async def stream(name):
    tenant.set(name)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        print("ENDED", name, flush=True)


def evict(name):
    for t in asyncio.all_tasks():
        if t.get_context().get(tenant) == name:
            t.cancel()


def billing(loop):
    time.sleep(LAG)
    loop.call_soon_threadsafe(evict, "acme")


async def main():
    t = threading.Thread(target=billing, args=(asyncio.get_running_loop(),))
    t.start()
    task = asyncio.create_task(stream("acme"))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    await asyncio.wait([task])
    t.join()


asyncio.run(main())
