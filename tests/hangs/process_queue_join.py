"""A child is joined before its queue is read: it does not end before its queue is written, and nobody reads that."""
import asyncio, multiprocessing, signal, time
signal.alarm(900)
context = multiprocessing.get_context("fork")


def produce(results):
    results.put("x" * 10_000_000)


async def collect():
    results = context.Queue()
    worker = context.Process(target=produce, args=(results,))
    worker.start()
    while results.empty():
        time.sleep(0.01)
    print("READY", flush=True)
    worker.join()
    return results.get()


async def heartbeat():
    while True:
        await asyncio.sleep(0.05)


async def main():
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.sleep(0)
    await asyncio.create_task(collect(), name="collect")
    beat.cancel()


asyncio.run(main())
