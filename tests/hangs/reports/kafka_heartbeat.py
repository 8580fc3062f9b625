# a consumer and its heartbeat thread take the client's and the coordinator's lock in opposite order (rebuilds dpkp/kafka-python issue 1626)
import signal, threading, time
signal.alarm(900)

class Client:
    def __init__(self):
        self.lock = threading.RLock()
        self.inflight = []
    def poll(self, coordinator):
        with self.lock:
            time.sleep(0.3)
            coordinator.on_response()

class Coordinator:
    def __init__(self, client):
        self.client = client
        self.lock = threading.RLock()
        self.generation = 0
    def on_response(self):
        with self.lock:
            self.generation += 1
    def beat(self):
        with self.client.lock:
            self.client.inflight.append("heartbeat")
    def heartbeat(self):
        while True:
            with self.lock:
                time.sleep(0.3)
                self.beat()
            time.sleep(0.5)

def metrics():
    while True:
        time.sleep(0.1)

client = Client()
coordinator = Coordinator(client)
threading.Thread(target=coordinator.heartbeat, name="heartbeat", daemon=True).start()
threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    client.poll(coordinator)
    time.sleep(0.5)
