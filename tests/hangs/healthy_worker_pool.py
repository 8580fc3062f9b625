"""Healthy: four workers take jobs from a queue that a producer keeps filling."""
import asyncio, signal
signal.alarm(900)


async def worker(queue, done):
    while True:
        job = await queue.get()
        await asyncio.sleep(0.02)
        done.append(job)
        queue.task_done()


async def producer(queue):
    n = 0
    while True:
        n += 1
        await queue.put(n)
        await asyncio.sleep(0.01)


async def main():
    queue, done = asyncio.Queue(), []
    workers = [asyncio.create_task(worker(queue, done), name=f"worker-{n}") for n in range(4)]
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(producer(queue), *workers)


asyncio.run(main())
