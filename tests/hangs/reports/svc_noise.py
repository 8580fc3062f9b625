"""what runs beside the programs: heartbeats, pollers, idle workers, a small server"""
import asyncio, os, queue, signal, socketserver, threading, time
signal.alarm(900)
SLOW = 45 * float(os.environ.get("SCALE", "1"))

def ready(after=1.5):
    t = threading.Timer(after, print, ("READY",), {"flush": True})
    t.daemon = True
    t.start()

def heartbeat(interval=0.5):
    def beat():
        while True:
            time.sleep(interval)
    threading.Thread(target=beat, name="heartbeat", daemon=True).start()

def poller(get_size, interval=0.2):
    def poll():
        while True:
            time.sleep(interval)
            get_size()
    threading.Thread(target=poll, name="metrics", daemon=True).start()

def idle_worker():
    q = queue.Queue()
    def work():
        while True:
            job = q.get()
            if job is None:
                return
            job()
    threading.Thread(target=work, name="idle", daemon=True).start()
    return q

class Ping(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"pong\n")

def small_server():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ping)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="admin-server", daemon=True).start()
    return server

async def aio_heartbeat(interval=0.5):
    while True:
        await asyncio.sleep(interval)
