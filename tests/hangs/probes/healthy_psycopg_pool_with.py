# main is in 'with ConnectionPool' and joins a thread that waits for the only connection, which another thread has for 25 s
import signal, threading, time
from psycopg_pool import ConnectionPool
signal.alarm(900)

def hold(pool, seconds):
    with pool.connection() as conn:
        conn.execute("select pg_sleep(%s)", (seconds,))

with ConnectionPool("host=127.0.0.1 port=16432 user=postgres", min_size=1, max_size=1, timeout=7200) as pool:
    a = threading.Thread(target=hold, args=(pool, 25), name="a"); a.start()
    time.sleep(0.3)
    b = threading.Thread(target=hold, args=(pool, 0), name="b"); b.start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    b.join()
