# healthy twin of hass_shutdown: a watchdog cancels the call after 25 s
import asyncio, concurrent.futures, queue, signal, threading, time
signal.alarm(900)

class Hub:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.executor = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="sync")
        self.states = {}
    async def set_state(self, key, value):
        self.states[key] = value
    def update(self):
        time.sleep(0.5)
        future = asyncio.run_coroutine_threadsafe(self.set_state("light", "on"), self.loop)
        watchdog = threading.Timer(25, future.cancel)
        watchdog.daemon = True
        watchdog.start()
        return future.result()
    async def run(self):
        self.loop.run_in_executor(self.executor, self.update)
        await asyncio.sleep(0.2)
    def stop(self):
        self.executor.shutdown(wait=True)

class Bus:
    def __init__(self):
        self.events = queue.Queue()
    def pump(self):
        while True:
            self.events.get()

def ticker():
    while True:
        time.sleep(0.1)

bus = Bus()
threading.Thread(target=bus.pump, name="bus", daemon=True).start()
threading.Thread(target=ticker, name="ticker", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
hub = Hub()
hub.loop.run_until_complete(hub.run())
hub.stop()
while True:
    time.sleep(1)
