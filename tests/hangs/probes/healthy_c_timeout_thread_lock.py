# ABBA of two threads, but one acquires with a timeout of 20 s and gives up
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

x, y = threading.Lock(), threading.Lock()
def a():
    with x:
        time.sleep(0.3)
        if not y.acquire(timeout=20): return
def b():
    with y:
        time.sleep(0.3)
        with x: pass
threading.Thread(target=a, name="a").start(); t = threading.Thread(target=b, name="b"); t.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
t.join()
