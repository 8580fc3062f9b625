# pylutron #144: connect() waits for a flag that is set and cleared again before it looks
import signal, socket, threading, time
from svckit import Heartbeat, IdleWorkers, Metrics, note, ready
signal.alarm(900)


class Controller(threading.Thread):
    """The device; its limit of sessions is reached: it accepts and closes."""
    def __init__(self):
        super().__init__(name="controller", daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.kept = []

    def run(self):
        n = 0
        while True:
            session, _ = self.listener.accept()
            n += 1
            if n < 3:
                session.close()
            self.kept.append(session)


class LutronConnection(threading.Thread):
    def __init__(self, address):
        super().__init__(name="lutron", daemon=True)
        self.address = address
        self._lock = threading.Lock()
        self._connect_cond = threading.Condition(self._lock)
        self._connected = self._done = False

    def connect(self):
        with self._lock:
            self.start()
            self._connect_cond.wait_for(lambda: self._connected or self._done)

    def _session(self):
        with self._lock:
            peer = socket.create_connection(self.address)
            self._connected = True
            self._connect_cond.notify_all()
            if not peer.recv(100):
                self._connected = False

    def _session_kept(self):
        peer = socket.create_connection(self.address)
        peer.settimeout(0.5)
        try:
            alive = peer.recv(100) != b""
        except TimeoutError:
            alive = True
        with self._lock:
            self._connected = alive
            self._connect_cond.notify_all()
        return alive

    def run(self):
        while not self._session_kept():
            time.sleep(10)


class Integration:
    def __init__(self):
        self.metrics = Metrics()
        self.controller = Controller()

    def setup(self):
        Heartbeat(self.metrics).start()
        self.mail = IdleWorkers()
        self.controller.start()
        connection = LutronConnection(self.controller.listener.getsockname())
        ready(2)
        connection.connect()
        note("WAIT ENDED")


Integration().setup()
