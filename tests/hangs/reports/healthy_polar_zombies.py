# healthy twin of polar_zombies: the loop goes on and the actor sleeps 25 s
import asyncio, concurrent.futures, queue, signal, threading, time
signal.alarm(900)

class LoopThread(threading.Thread):
    def __init__(self):
        super().__init__(name="async-io", daemon=True)
        self.loop = asyncio.new_event_loop()
    def run(self):
        self.loop.run_forever()
    def call(self, coro):
        future = asyncio.run_coroutine_threadsafe(coro, self.loop)
        while True:
            try:
                return future.result(timeout=0.1)
            except concurrent.futures.TimeoutError:
                continue
    def stop(self):
        pass

class Worker(threading.Thread):
    def __init__(self, bridge):
        super().__init__(name="worker-1")
        self.bridge = bridge
        self.messages = queue.Queue()
    async def actor(self, message):
        await asyncio.sleep(25)
    def run(self):
        while True:
            message = self.messages.get()
            if message is None:
                return
            self.bridge.call(self.actor(message))
    def stop(self):
        self.messages.put(None)
        self.join()

bridge = LoopThread()
bridge.start()
worker = Worker(bridge)
worker.start()
worker.messages.put("sync-orders")
ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.3)
bridge.stop()
worker.stop()
while True:
    time.sleep(1)
