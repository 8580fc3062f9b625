# stop() of a client joins its background thread, whose loop waits for the end of a transport that nobody reports (rebuilds strands-agents/harness-sdk pull request 1792)
import asyncio, signal, threading, time
signal.alarm(900)

class MCPClient:
    def __init__(self):
        self.started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.session()), name="mcp-client")
        self.thread.start()
        self.started.wait()
    async def session(self):
        self.loop = asyncio.get_running_loop()
        self.closing = asyncio.Event()
        self.gone = asyncio.Event()
        self.started.set()
        await self.closing.wait()
        await self.teardown()
    async def teardown(self):
        await self.gone.wait()
    def stop(self):
        self.loop.call_soon_threadsafe(self.closing.set)
        self.thread.join()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
client = MCPClient()
time.sleep(0.2)
client.stop()
while True:
    time.sleep(1)
