"""A bounded queue is full and its only consumer died of an exception that nobody looked at: put() waits for ever."""
import asyncio, signal
signal.alarm(900)


def parse(line):
    number, _, text = line.partition(" ")
    return int(number), text


async def consume(queue, table):
    while True:
        number, text = parse(await queue.get())
        table[number] = text
        await asyncio.sleep(0.01)


async def produce(queue):
    for n in range(100):
        await queue.put(f"{n} row" if n != 3 else "row without a number")


async def main():
    queue, table = asyncio.Queue(2), {}
    asyncio.get_running_loop().call_later(0.4, print, "READY")
    consumer = asyncio.create_task(consume(queue, table), name="consumer")
    producer = asyncio.create_task(produce(queue), name="producer")
    await producer
    consumer.cancel()


asyncio.run(main())
