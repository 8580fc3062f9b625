import queue, threading, time
class Marking(queue.Queue):
    def __init__(self):
        super().__init__()
        self.seen = threading.Event()
    def _put(self, item):
        super()._put(item)
        self.seen.set()
q = Marking()
def feeder():
    time.sleep(40)
    q.put(1)
threading.Thread(target=feeder, daemon=True).start()
print("READY", flush=True)
q.seen.wait()
