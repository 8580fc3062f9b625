"""A consumer waits for a memory channel whose only sender waits for a limiter that is used up."""
import signal
import trio
signal.alarm(900)


async def produce(limiter, send_channel):
    async with send_channel:
        await send_channel.send(0)
        await limiter.acquire()
        await limiter.acquire_on_behalf_of(object())
        await send_channel.send(1)


async def consume(receive_channel):
    async with receive_channel:
        async for item in receive_channel:
            print("got", item)


async def main():
    async with trio.open_nursery() as nursery:
        send_channel, receive_channel = trio.open_memory_channel(0)
        nursery.start_soon(produce, trio.CapacityLimiter(1), send_channel, name="producer")
        nursery.start_soon(consume, receive_channel, name="consumer")
        await trio.sleep(0.3)
        print("READY", flush=True)


trio.run(main)
