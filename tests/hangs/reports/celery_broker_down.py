# delay() tries for ever to reach a broker that is down (rebuilds celery/celery issue 4296)
import signal, socket, threading
from celery import Celery
signal.alarm(900)

def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

app = Celery("shop", broker="redis://127.0.0.1:%d/0" % closed_port())
app.conf.task_publish_retry_policy = {"max_retries": None, "interval_start": 5, "interval_step": 5, "interval_max": 20}

@app.task
def send_mail(to):
    pass

def checkout():
    send_mail.delay("me@example.org")

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
checkout()
