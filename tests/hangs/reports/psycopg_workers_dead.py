# the worker threads of a pool have ended, so that nobody makes the connection that a client waits for (rebuilds psycopg/psycopg issue 1419)
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
for w in list(pool._workers):
    pool._tasks.put(StopWorker(pool))
time.sleep(0.5)
threading.Thread(target=tick, name="ticker", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
orders(pool)
