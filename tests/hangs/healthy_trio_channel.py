"""Healthy: a producer that ticks, a consumer that waits in between, and a task that is cancelled later."""
import signal
import trio
signal.alarm(900)


async def produce(send_channel):
    n = 0
    async with send_channel:
        while True:
            await send_channel.send(n)
            await trio.sleep(0.2)
            n += 1


async def consume(receive_channel, lock):
    async for _ in receive_channel:
        async with lock:
            await trio.sleep(0.01)


async def wait_for_ever(event):
    await event.wait()


async def main():
    lock = trio.Lock()
    send_channel, receive_channel = trio.open_memory_channel(3)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce, send_channel)
        nursery.start_soon(consume, receive_channel, lock)
        async with trio.open_nursery() as inner:
            inner.start_soon(wait_for_ever, trio.Event())
            await trio.sleep(0.3)
            print("READY", flush=True)
            await trio.sleep(600)
            inner.cancel_scope.cancel()


trio.run(main)
