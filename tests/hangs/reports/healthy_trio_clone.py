# healthy twin of trio_clone: the producers take 25 s
import signal
import trio
signal.alarm(900)

async def produce(channel):
    async with channel:
        for n in range(3):
            await channel.send(n)
        await trio.sleep(25)

async def consume(channel):
    async for n in channel:
        print(n)

async def heartbeat():
    while True:
        await trio.sleep(0.1)

async def ready():
    await trio.sleep(1)
    print("READY", flush=True)

async def main():
    async with trio.open_nursery() as outer:
        outer.start_soon(heartbeat)
        outer.start_soon(ready)
        sender, receiver = trio.open_memory_channel(0)
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(produce, sender.clone())
            nursery.start_soon(consume, receiver)
        outer.cancel_scope.cancel()

trio.run(main)
