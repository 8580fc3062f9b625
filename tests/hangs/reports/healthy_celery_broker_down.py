# healthy twin of celery_broker_down: the broker is there; the program waits for 25 s
import signal, socket, threading
from celery import Celery
signal.alarm(900)

def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

app = Celery("shop", broker="memory://")
app.conf.task_publish_retry_policy = {"max_retries": None, "interval_start": 5, "interval_step": 5, "interval_max": 20}

@app.task
def send_mail(to):
    pass

def checkout():
    send_mail.delay("me@example.org")
    threading.Event().wait(25)

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
checkout()
