# healthy twin of psycopg_workers_dead: both connections are in use for 25 s
import signal, threading, time
from psycopg_pool import ConnectionPool
from psycopg_pool.pool import StopWorker
signal.alarm(900)

def tick():
    while True:
        time.sleep(0.1)

def orders(pool):
    with pool.connection() as conn:
        return conn.execute("select 1").fetchone()

pool = ConnectionPool("host=127.0.0.1 port=16432 user=postgres", min_size=0, max_size=2, timeout=7200, open=True)
def hold(seconds):
    with pool.connection() as conn:
        conn.execute("select pg_sleep(%s)", (seconds,))
for _ in range(2): threading.Thread(target=hold, args=(25,), daemon=True).start()
time.sleep(0.5)
threading.Thread(target=tick, name="ticker", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
orders(pool)
