# SQLAlchemy QueuePool of one: one thread has it for 25 s, another waits
import signal, threading, time
from sqlalchemy import create_engine
signal.alarm(900)

def request(x, seconds):
    with x.connect(): time.sleep(seconds)
x = create_engine('postgresql+psycopg://postgres@127.0.0.1:16432/postgres', pool_size=1, max_overflow=0, pool_timeout=7200)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
