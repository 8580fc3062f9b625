"""A coroutine takes a threading.Lock that a background thread holds while it sleeps: the loop is blocked that long."""
import asyncio, signal, threading, time
signal.alarm(900)

cache_lock = threading.Lock()
cache = {}


def refresh_cache():
    while True:
        with cache_lock:
            cache["at"] = time.time()
            time.sleep(600)  # bug: meant to be outside the lock


def lookup(key):
    with cache_lock:
        return cache.get(key)


async def handle(key):
    await asyncio.sleep(0.1)
    return lookup(key)


async def metrics():
    while True:
        await asyncio.sleep(0.07)


async def main():
    threading.Thread(target=refresh_cache, daemon=True, name="refresher").start()
    threading.Timer(0.4, print, ["READY"]).start()
    beat = asyncio.ensure_future(metrics())
    await asyncio.ensure_future(handle("at"))
    beat.cancel()


asyncio.run(main())
