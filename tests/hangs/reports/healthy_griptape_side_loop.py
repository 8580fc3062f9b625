# healthy twin of griptape_side_loop: the event is set first
import asyncio, signal, threading
signal.alarm(900)
side = asyncio.new_event_loop()
loaded = None
names = ["resize", "crop"]

async def prepare():
    global loaded
    loaded = asyncio.Event()

async def list_workflows():
    await loaded.wait()
    return names

def handle(request):
    return asyncio.run_coroutine_threadsafe(request, side).result()

class SubflowNode:
    def __init__(self):
        self.choices = handle(list_workflows())

def serve():
    asyncio.set_event_loop(side)
    side.run_forever()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def load_library():
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.sleep(0.2)
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    side.call_soon_threadsafe(loaded.set)
    node = SubflowNode()
    await beat

threading.Thread(target=serve, name="side-loop", daemon=True).start()
handle(prepare())
asyncio.run(load_library())
