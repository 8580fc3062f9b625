# healthy twin of tracecat_loop_gone: the loop goes on and an upload takes 25 s
import asyncio, http.server, queue, signal, threading, time
signal.alarm(900)

class AppRuntime:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.main, name="app-runtime", daemon=True)
        self.stopping = threading.Event()
        self.thread.start()
    def main(self):
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(self.poll)
        self.loop.run_forever()
    def poll(self):
        if self.stopping.is_set():
            self.loop.stop()
        else:
            self.loop.call_later(0.1, self.poll)
    def run(self, coro):
        return asyncio.run_coroutine_threadsafe(coro, self.loop).result()
    def close(self):
        pass

class Storage:
    async def upload(self, key):
        await asyncio.sleep(25)
        return key

class Requests(threading.Thread):
    def __init__(self, runtime, storage, n):
        super().__init__(name="request-%d" % n)
        self.runtime, self.storage, self.n = runtime, storage, n
    def run(self):
        time.sleep(0.1 * self.n)
        self.runtime.run(self.storage.upload("file-%d" % self.n))

runtime, storage = AppRuntime(), Storage()
requests = [Requests(runtime, storage, n) for n in range(3)]
for r in requests:
    r.start()
ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.4)
runtime.close()
for r in requests:
    r.join()
