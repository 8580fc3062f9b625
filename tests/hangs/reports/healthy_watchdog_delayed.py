# healthy twin of watchdog_delayed: a timer puts the end into the queue after 25 s
import collections, signal, threading, time
signal.alarm(900)

class DelayedQueue:
    def __init__(self):
        self._lock = threading.Lock()
        self._not_empty = threading.Condition(self._lock)
        self._queue = collections.deque()
        self._closed = False
    def put(self, item):
        with self._not_empty:
            self._queue.append(item)
            self._not_empty.notify()
    def close(self):
        self._closed = True
    def get(self):
        with self._not_empty:
            while not self._queue and not self._closed:
                self._not_empty.wait()
        return self._queue.popleft() if self._queue else None

class Emitter(threading.Thread):
    def __init__(self, queue):
        super().__init__(name="emitter")
        self.queue = queue
    def run(self):
        while (event := self.queue.get()) is not None:
            print(event)

def stop(queue, emitter):
    last = threading.Timer(25, queue.put, (None,)); last.daemon = True; last.start()
    emitter.join()

queue = DelayedQueue()
emitter = Emitter(queue)
emitter.start()
queue.put("created a.txt")
time.sleep(0.2)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
stop(queue, emitter)
