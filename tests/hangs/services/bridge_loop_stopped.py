# a synchronous client over an asyncio transport that runs on a thread of its own
import asyncio, concurrent.futures, functools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Bridge:
    """runs a loop on a thread; `call` is for the other threads"""
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="bridge-loop", daemon=True)
        self.thread.start()
    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
    def submit(self, coro):
        return asyncio.run_coroutine_threadsafe(coro, self.loop)
    def call(self, coro):
        return self.submit(coro).result()
    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)

def sync(fn):
    @functools.wraps(fn)
    def wrapper(self, *a, **k):
        return self.bridge.call(fn(self, *a, **k))
    return wrapper

class Publisher:
    def __init__(self, bridge):
        self.bridge, self.sent, self.buffer = bridge, 0, []
    @sync
    async def publish(self, item):
        self.buffer.append(item)
        await asyncio.sleep(0.01)
    @sync
    async def flush(self):
        while self.buffer:
            self.buffer.pop()
            self.sent += 1
            await asyncio.sleep(0.3)
    def close(self):
        threading.Timer(0.2, self.bridge.stop).start()
        self.flush()

class Watchdog(threading.Thread):
    def __init__(self, pub):
        super().__init__(name="watchdog", daemon=True)
        self.pub, self.seen = pub, []
    def run(self):
        while True:
            time.sleep(1)
            self.seen.append(self.pub.sent)

def main():
    pub = Publisher(Bridge())
    Watchdog(pub).start()
    for n in range(3):
        pub.publish(n)
    t = threading.Timer(1.5, lambda: print("READY", os.getpid(), flush=True))
    t.daemon = True; t.start()
    pub.close()
    print("ENDED", flush=True)

main()
