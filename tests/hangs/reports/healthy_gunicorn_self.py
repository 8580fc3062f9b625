# healthy twin of gunicorn_self: there are two workers, and the second one takes 30 s
import os, signal, socket, subprocess, sys, threading, time, urllib.request
from gunicorn.app.base import BaseApplication
signal.alarm(900)

class Backend:
    def __init__(self, port):
        self.base = "http://127.0.0.1:%d" % port
    def post(self, path):
        with urllib.request.urlopen(self.base + path) as answer:
            return answer.read()

class Shop:
    def __init__(self, backend):
        self.backend = backend
    def index(self):
        return self.backend.post("/fake_api")
    def fake_api(self):
        time.sleep(30)
        return b"works"
    def __call__(self, environ, start_response):
        page = self.index if environ["PATH_INFO"] == "/" else self.fake_api
        body = page()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

class Server(BaseApplication):
    def __init__(self, wsgi, options):
        self.application, self.options = wsgi, options
        super().__init__()
    def load_config(self):
        for name, value in self.options.items():
            self.cfg.set(name, value)
    def load(self):
        return self.application

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

port = free_port()
CLIENT = "import time, urllib.request; time.sleep(2); urllib.request.urlopen('http://127.0.0.1:%d/').read()" % port
workers = 2
def on_ready(server):
    subprocess.Popen([sys.executable, "-c", CLIENT])
    timer = threading.Timer(3.5, print, ("READY",)); timer.daemon = True; timer.start()

options = {"bind": "127.0.0.1:%d" % port, "workers": workers, "timeout": 0, "loglevel": "critical", "when_ready": on_ready, "control_socket_disable": True}
Server(Shop(Backend(port)), {k: v for k, v in options.items() if k != "control_socket_disable"}).run()
