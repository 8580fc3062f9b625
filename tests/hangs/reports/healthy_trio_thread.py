# healthy twin of trio_thread: a timer sets the event after 30 s
import signal, threading
import trio
signal.alarm(900)
loaded = threading.Event()

def load():
    loaded.wait()

async def heartbeat():
    while True:
        await trio.sleep(0.1)

async def ready():
    await trio.sleep(1)
    print("READY")

async def main():
    async with trio.open_nursery() as outer:
        outer.start_soon(ready)
        outer.start_soon(heartbeat)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, load)
            await trio.sleep(0.3)
            nursery.cancel_scope.cancel()

timer = threading.Timer(30, loaded.set); timer.daemon = True; timer.start()
trio.run(main)
