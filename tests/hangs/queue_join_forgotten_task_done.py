"""The worker lives and the queue is empty, but on one path it forgot task_done(): join() never returns."""
import asyncio, signal
signal.alarm(900)


async def worker(queue, seen):
    while True:
        item = await queue.get()
        if item in seen:
            continue  # bug: no task_done()
        seen.add(item)
        queue.task_done()


async def main():
    queue = asyncio.Queue()
    for item in ("a", "b", "a"):
        queue.put_nowait(item)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    consumer = asyncio.create_task(worker(queue, set()), name="worker")
    await queue.join()
    consumer.cancel()


asyncio.run(main())
