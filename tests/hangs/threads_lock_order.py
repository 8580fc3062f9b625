"""Two pool threads take two threading.Locks in opposite order; the event loop is fine and waits for both for ever."""
import asyncio, concurrent.futures, signal, threading, time
signal.alarm(900)


class Store:
    def __init__(self, name):
        self.name, self.rows = name, []
        self.mutex = threading.Lock()


def replicate(source, target):
    with source.mutex:
        time.sleep(0.1)
        with target.mutex:
            target.rows.extend(source.rows)


async def sync(pool, source, target):
    await asyncio.get_running_loop().run_in_executor(pool, replicate, source, target)


async def main():
    east, west = Store("east"), Store("west")
    pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="sync")
    asyncio.get_running_loop().call_later(0.4, print, "READY")
    jobs = [asyncio.create_task(sync(pool, east, west), name="east-west"),
            asyncio.create_task(sync(pool, west, east), name="west-east")]
    await asyncio.gather(*jobs)


asyncio.run(main())
