# flush() puts a marker into the queue and waits for it (after Unleash python sdk pull request 403)
import enum, logging, queue, threading, time
from svc_noise import SLOW, ready, heartbeat, idle_worker

class Marker(enum.Enum):
    STOP = 1

class Flush:
    __slots__ = ("event",)
    def __init__(self):
        self.event = threading.Event()

class Dispatcher:
    def __init__(self, callback):
        self.callback, self.events = callback, queue.SimpleQueue()
        self.thread = threading.Thread(target=self._drain, name="dispatcher", daemon=True)
        self.thread.start()
    def _drain(self):
        while True:
            match self.events.get():
                case Marker.STOP:
                    return
                case Flush(event=event):
                    event.set()
                case event:
                    try:
                        self.callback(event)
                    except Exception:
                        logging.exception("callback")
    def publish(self, event):
        self.events.put(event)
    def flush(self):
        marker = Flush()
        self.events.put(marker)
        marker.event.wait()
    def close(self):
        self.events.put(Marker.STOP)
        self.flush()

def callback(event):
    pass

heartbeat()
idle_worker()
d = Dispatcher(callback)
for n in range(3):
    d.publish(n)
ready()
d.close()
print("DONE", flush=True)
