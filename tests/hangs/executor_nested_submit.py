"""A job in a thread pool of two submits another job to the same pool and waits for it: no worker is left to run that."""
import asyncio, concurrent.futures, signal, time
signal.alarm(900)

pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="etl")


def load_part(part):
    return part * 2


def load(table):
    time.sleep(0.05)
    return pool.submit(load_part, table).result()


async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(0.4, print, "READY")
    await asyncio.gather(*(loop.run_in_executor(pool, load, table) for table in range(3)))


asyncio.run(main())
