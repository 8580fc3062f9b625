# healthy twin of gunicorn_gthread: the views take 25 s
import os, signal, subprocess, sys, threading
from gunicorn.app.base import BaseApplication
signal.alarm(900)
stock = threading.Condition()

def view(environ, start_response):
    if environ["PATH_INFO"] == "/order":
        import time
        time.sleep(25)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]

class Site(BaseApplication):
    def load_config(self):
        for k, v in {"bind": "127.0.0.1:18788", "workers": 1, "threads": 2, "worker_class": "gthread", "timeout": 600, "loglevel": "error"}.items():
            self.cfg.set(k, v)
    def load(self):
        return view

CLIENT = """
import socket, time, signal, sys
signal.alarm(900)
time.sleep(2)
socks = []
for path in ("/order", "/order", "/health"):
    s = socket.create_connection(("127.0.0.1", 18788)); socks.append(s)
    s.sendall(b"GET %s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" % path.encode()); time.sleep(0.1)
print("READY", flush=True)
time.sleep(900)
"""

if __name__ == "__main__":
    subprocess.Popen([sys.executable, "-c", CLIENT])
    Site().run()
