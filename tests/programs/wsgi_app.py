"""A WSGI application with a thread that sleeps, for uWSGI. READY when it is loaded.

Uses nothing of this directory.
"""

import signal
import threading
import time


def work():
    time.sleep(3600)


def application(environment, start_response):
    start_response("200 OK", [])
    return [b""]


signal.alarm(600)
threading.Thread(target=work, name="worker", daemon=True).start()
print("READY", flush=True)
