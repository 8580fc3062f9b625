# hydrus #750: shutting down sets a flag and an event and joins the worker, which is blocked in Queue.get() where it sees neither
import queue, signal, threading, time
from svckit import Heartbeat, IdleWorkers, Metrics, note, ready
signal.alarm(900)


class CallToThread(threading.Thread):
    def __init__(self, metrics):
        super().__init__(name="call-to-thread")
        self.metrics = metrics
        self._queue, self._event, self._shutting_down = queue.Queue(), threading.Event(), threading.Event()

    def put(self, call):
        self._queue.put(call)
        self._event.set()

    def run(self):
        while not self._shutting_down.is_set():
            call = self._queue.get()
            call()
            self.metrics.add("calls")

    def shutdown(self):
        self._shutting_down.set()
        self._event.set()
        self.join()


class Application:
    def __init__(self):
        self.metrics = Metrics()
        self.worker = CallToThread(self.metrics)
        self.heartbeat = Heartbeat(self.metrics)
        self.mail = IdleWorkers()

    def run(self):
        self.heartbeat.start()
        self.worker.start()
        for _ in range(3):
            self.worker.put(lambda: time.sleep(0.05))
        maintenance = threading.Timer(20, self.worker.put, (lambda: None,))
        maintenance.start()
        time.sleep(0.5)
        ready()
        self.worker.shutdown()
        note("WAIT ENDED")


Application().run()
