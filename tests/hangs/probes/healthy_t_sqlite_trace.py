# a function made known to SQLite sets it
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

import sqlite3
done = threading.Event()
def work():
    time.sleep(25)
    c = sqlite3.connect(":memory:"); c.create_function("fin", 0, lambda: done.set()); c.execute("select fin()").fetchall()
threading.Thread(target=work).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
done.wait()
