# healthy twin of prefect_two_loops: flow() awaits the other loop's coroutine
import asyncio, signal, threading
signal.alarm(900)
loop_b = asyncio.new_event_loop()

async def set_done(done):
    done.set()

async def finish(loop_a, done):
    await asyncio.sleep(0.2)
    asyncio.run_coroutine_threadsafe(set_done(done), loop_a).result()

def serve():
    asyncio.set_event_loop(loop_b)
    loop_b.run_forever()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def flow():
    done = asyncio.Event()
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    child = asyncio.run_coroutine_threadsafe(finish(asyncio.get_running_loop(), done), loop_b)
    await asyncio.wrap_future(child)
    await done.wait()
    await beat

threading.Thread(target=serve, name="loop-b", daemon=True).start()
asyncio.run(flow())
