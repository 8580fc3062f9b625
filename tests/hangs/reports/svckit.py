"""What the services here share: metrics, a heartbeat, idle workers, an admin port, the READY line."""
import asyncio, collections, http.server, queue, sys, threading, time

START = time.monotonic()


def note(*words):
    print(f"{time.monotonic() - START:6.2f}", *words, file=sys.stderr, flush=True)


def ready(after=1.0):
    timer = threading.Timer(after, lambda: print("READY", flush=True))
    timer.daemon = True
    timer.start()


class Metrics:
    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()

    def add(self, key, n=1):
        with self.lock:
            self.counts[key] += n


class Heartbeat(threading.Thread):
    def __init__(self, metrics, every=1.0):
        super().__init__(name="heartbeat", daemon=True)
        self.metrics, self.every = metrics, every
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.wait(self.every):
            self.metrics.add("beats")


class IdleWorkers:
    def __init__(self, count=2, name="mail"):
        self.jobs = queue.Queue()
        self.threads = [threading.Thread(target=self.loop, name=f"{name}-{n}", daemon=True) for n in range(count)]
        for t in self.threads:
            t.start()

    def loop(self):
        while True:
            job = self.jobs.get()
            job()


class AdminHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *args):
        pass


def admin_port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), AdminHandler)
    threading.Thread(target=server.serve_forever, name="admin", daemon=True).start()
    return server


async def beat(metrics, every=1.0):
    while True:
        await asyncio.sleep(every)
        metrics.add("beats")


async def admin_listener():
    async def answer(reader, writer):
        await reader.readline()
        writer.write(b"ok\n")
        await writer.drain()
        writer.close()
    return await asyncio.start_server(answer, "127.0.0.1", 0)
