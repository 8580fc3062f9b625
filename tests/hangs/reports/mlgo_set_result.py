# a result is set under a lock, and a done callback of the future makes a call that takes this lock (rebuilds google/ml-compiler-opt pull request 108)
import concurrent.futures, signal, threading, time
signal.alarm(900)

class Stub:
    def __init__(self):
        self.lock = threading.Lock()
        self.map, self.next = {}, 0
    def remote_call(self, name):
        with self.lock:
            future = concurrent.futures.Future()
            self.map[self.next] = future
            self.next += 1
            return future
    def pump(self):
        time.sleep(0.3)
        with self.lock:
            future = self.map.pop(0)
            future.set_result("done")

def chain(stub):
    def on_done(f):
        stub.remote_call("again")
    future = stub.remote_call("compile")
    future.add_done_callback(on_done)
    return future

stub = Stub()
threading.Thread(target=stub.pump, name="pump", daemon=True).start()
first = chain(stub)
first.result()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
stub.remote_call("status")
