# a batch program with one asyncio.Runner for several phases and a thread that exports
import asyncio, concurrent.futures, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Api:
    """async client; its sessions are bound to the loop of the runner"""
    def __init__(self): self.sent = []
    async def open(self):
        self.loop = asyncio.get_running_loop()
        self.gate = asyncio.Semaphore(2)
    async def send(self, row):
        async with self.gate:
            await asyncio.sleep(0.05)
            self.sent.append(row)
            return len(self.sent)

class Exporter(threading.Thread):
    def __init__(self, api, rows):
        super().__init__(name="exporter", daemon=True)
        self.api, self.rows, self.progress = api, rows, 0
    def run(self):
        for row in self.rows:
            fut = asyncio.run_coroutine_threadsafe(self.api.send(row), self.api.loop)
            fut.result()
            self.progress += 1

class Spinner:
    def __init__(self): self.n = 0
    def __call__(self):
        while True:
            time.sleep(1); self.n += 1

async def phase_load(api):
    await api.open()
    await asyncio.gather(*(api.send(n) for n in range(4)))

async def phase_finish(api, exporter):
    while exporter.is_alive():
        await asyncio.sleep(0.2)

def main():
    api = Api()
    threading.Thread(target=Spinner(), name="spinner", daemon=True).start()
    with asyncio.Runner() as runner:
        runner.run(phase_load(api))
        exporter = Exporter(api, list(range(10)))
        exporter.start()
        t = threading.Timer(1, lambda: print("READY", os.getpid(), flush=True))
        t.daemon = True; t.start()
        time.sleep(LAG)
        runner.run(phase_finish(api, exporter))
    print("ENDED", flush=True)

main()
