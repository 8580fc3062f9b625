# a call finished before its callback was added, and the callback would have set the event (rebuilds googleapis/python-ndb issue 302)
import signal, threading, time
signal.alarm(900)

class RemoteCall:
    def __init__(self):
        self._callbacks, self.result = [], None
        threading.Thread(target=self._run, name="rpc", daemon=True).start()
    def _run(self):
        time.sleep(0.05)
        self.result = 42
        for callback in self._callbacks:
            callback(self.result)
    def add_done_callback(self, callback):
        self._callbacks.append(callback)

class Query:
    def __init__(self):
        self.finished = threading.Event()
    def on_done(self, result):
        self.value = result
        self.finished.set()
    def get(self):
        call = RemoteCall()
        self.prepare()
        call.add_done_callback(self.on_done)
        self.finished.wait()
        return self.value
    def prepare(self):
        time.sleep(0.3)

def tick():
    while True:
        time.sleep(0.1)

threading.Thread(target=tick, name="ticker", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
print(Query().get())
