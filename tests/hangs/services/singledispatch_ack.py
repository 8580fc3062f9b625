# parcel tracking: datagrams of the scanners are decoded and dispatched by their type
import dataclasses, functools, json, os, signal, socketserver, socket, threading, time
signal.alarm(900)

@dataclasses.dataclass
class Ack: n: int
@dataclasses.dataclass
class Ping: n: int = 0

KINDS = {c.__name__: c for c in (Ack, Ping)}

class Tracker:
    def __init__(self): self.acked, self.unknown = {}, 0
    def track(self, n):
        ev = self.acked[n] = threading.Event()
        ev.wait()
        print("ENDED", n, flush=True)
    @functools.singledispatchmethod
    def on(self, msg):
        self.unknown += 1
    @on.register
    def _(self, msg: Ack):
        self.acked[msg.n].set()
    @on.register
    def _(self, msg: Ping):
        self.last = time.monotonic()

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        d = json.loads(self.request[0])
        kind = KINDS.get(d.pop("kind").lower())
        self.server.tracker.on(kind(**d) if kind else d)

class Server(socketserver.ThreadingUDPServer):
    daemon_threads = True
    def __init__(self, tracker):
        super().__init__(("127.0.0.1", 0), Handler)
        self.tracker = tracker

tracker = Tracker(); server = Server(tracker)
with open("port", "w") as f: f.write(str(server.server_address[1]))
threading.Thread(target=server.serve_forever, name="udp", daemon=True).start()
threading.Thread(target=tracker.track, args=(1,), name="track-1", daemon=True).start()
time.sleep(0.3)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'{"kind": "Ack", "n": 1}', server.server_address)
time.sleep(0.8)
print("READY", os.getpid(), flush=True)
while True:
    s.sendto(b'{"kind": "Ping"}', server.server_address)
    time.sleep(2)
