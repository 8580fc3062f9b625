# threading.excepthook sets it when a worker dies
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

dead = threading.Event()
threading.excepthook = lambda a: dead.set()
def work(): time.sleep(25); raise RuntimeError
threading.Thread(target=work).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
dead.wait()
