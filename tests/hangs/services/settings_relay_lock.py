"""Settings store: listeners are told of each change; one of them relays it to another thread and waits."""
import os, queue, signal, socket, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Settings:
    def __init__(self):
        self.lock = threading.Lock()
        self.values, self.listeners = {"level": "info"}, []

    def get(self, key):
        with self.lock:
            return self.values.get(key)

    def set(self, key, value):
        with self.lock:
            self.values[key] = value
            for fn in self.listeners:
                fn(key, value)

class Relay(threading.Thread):
    def __init__(self, settings, peer):
        super().__init__(name="relay", daemon=True)
        self.settings, self.peer, self.jobs = settings, peer, queue.Queue()

    def run(self):
        while True:
            key, value, reply = self.jobs.get()
            value = self.settings.get(key)
            self.peer.sendall(f"{key}={value}\n".encode())
            reply.put(self.peer.recv(100))

    def changed(self, key, value):
        reply = queue.SimpleQueue()
        self.jobs.put((key, value, reply))
        return reply.get()

class Peer(threading.Thread):
    """the other node of the cluster"""
    def __init__(self, sock):
        super().__init__(name="peer", daemon=True)
        self.sock = sock

    def run(self):
        while line := self.sock.recv(100):
            time.sleep(0.05)
            self.sock.sendall(b"ok " + line)

class Poller(threading.Thread):
    def __init__(self):
        super().__init__(name="metrics", daemon=True)

    def run(self):
        n = 0
        while True:
            n += 1
            time.sleep(0.4)

def main():
    ours, theirs = socket.socketpair()
    settings = Settings()
    relay = Relay(settings, ours)
    settings.listeners.append(relay.changed)
    for t in (relay, Peer(theirs), Poller()):
        t.start()
    t = threading.Timer(1.0, print, ("READY", os.getpid()), {"flush": True})
    t.daemon = True
    t.start()
    settings.set("level", "debug")
    print("DONE", flush=True)

main()
