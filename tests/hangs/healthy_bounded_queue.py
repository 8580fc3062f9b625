"""Healthy: a producer that is faster than its consumer waits in put() most of the time; the queue moves."""
import asyncio, signal
signal.alarm(900)


async def produce(queue):
    n = 0
    while True:
        await queue.put(n)
        n += 1


async def consume(queue):
    while True:
        await queue.get()
        await asyncio.sleep(0.02)


async def main():
    queue = asyncio.Queue(3)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    producer = asyncio.create_task(produce(queue), name="producer")
    consumer = asyncio.create_task(consume(queue), name="consumer")
    await asyncio.gather(producer, consumer)


asyncio.run(main())
