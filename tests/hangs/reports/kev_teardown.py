# a worker thread keeps a transaction open while it waits for its next turn, and dropping the table waits for it in the server (rebuilds vulnerability-lookup/vulnerability-lookup pull request 592)
import signal, threading, time
import psycopg
signal.alarm(900)
where = "host=127.0.0.1 port=16432 user=postgres dbname=postgres"
stop = threading.Event()

def flush_loop():
    conn = psycopg.connect(where)
    conn.execute("select count(*) from kev_reports")
    stop.wait()
    conn.commit()

admin = psycopg.connect(where, autocommit=True)
admin.execute("drop table if exists kev_reports")
admin.execute("create table kev_reports (id int)")
threading.Thread(target=flush_loop, name="flusher", daemon=True).start()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

time.sleep(0.4)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
admin.execute("drop table kev_reports")
while True:
    time.sleep(1)
