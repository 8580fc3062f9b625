# connections of an SQLAlchemy pool stay checked out in a list, and the next request waits for an hour (rebuilds fastapi/full-stack-fastapi-template issue 104)
import signal, threading, time
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool
signal.alarm(900)
engine = create_engine("sqlite:///app.db", poolclass=QueuePool, pool_size=2, max_overflow=0, pool_timeout=3600, connect_args={"check_same_thread": False})
sessions = []

def handle(n):
    conn = engine.connect()
    sessions.append(conn)
    conn.execute(text("select 1"))

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

handlers = [threading.Thread(target=handle, args=(n,), name="handler-%d" % n) for n in range(3)]
for t in handlers:
    t.start()
    time.sleep(0.1)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
for t in handlers:
    t.join()
