# healthy probe: a thread that sleeps reaches the event by a thread local only
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
local = threading.local()
def setter(event):
    local.event = event
    del event
    time.sleep(25)
    local.event.set()
event = threading.Event()
def start(event):
    threading.Thread(target=setter, args=(event,), name="setter", daemon=True).start()
start(event)
def wait(e): e.wait()
w = event; del event
wait(w)
