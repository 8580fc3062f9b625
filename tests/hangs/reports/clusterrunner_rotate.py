# ClusterRunner #48: the rotating log handler writes a summary to the log while it rotates, with its own lock held
import http.client, logging, signal, threading, time
from flask import Flask
from werkzeug.serving import make_server
from svckit import Heartbeat, Metrics, note
signal.alarm(900)
log = logging.getLogger("app")


class SummaryRotatingHandler(logging.Handler):
    def __init__(self, limit=10):
        super().__init__()
        self._rotate_lock, self.lines, self.limit = threading.Lock(), [], limit

    def emit(self, record):
        with self._rotate_lock:
            self.lines.append(self.format(record))
            if len(self.lines) >= self.limit:
                self.rotate()

    def rotate(self):
        self.lines.clear()
        log.info("application summary: %d threads", threading.active_count())


app = Flask("builds")


@app.get("/build/<int:n>")
def build(n):
    log.info("build %d", n)
    return {"build": n}


class Server:
    def __init__(self):
        self.httpd = make_server("127.0.0.1", 0, app, threaded=True)
        self.thread = threading.Thread(target=self.httpd.serve_forever, name="httpd", daemon=True)
        self.thread.start()


def client(port, n):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/build/{n}")
    connection.getresponse().read()


logging.getLogger("werkzeug").setLevel(logging.ERROR)
log.setLevel(logging.INFO)
log.addHandler(SummaryRotatingHandler())
server = Server()
Heartbeat(Metrics()).start()
threads = []
for n in range(13):
    threads.append(threading.Thread(target=client, args=(server.httpd.server_port, n), name=f"client-{n}"))
    threads[-1].start()
    time.sleep(0.05)
threading.Timer(1, print, ("READY",), {"flush": True}).start()
for t in threads:
    t.join()
note("WAIT ENDED")
