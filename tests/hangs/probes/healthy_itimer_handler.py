# healthy probe: a signal handler for an interval timer sets the event after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Watchdog:
    def __init__(self):
        self.event = threading.Event()
        signal.signal(signal.SIGVTALRM, self.on_signal)
        signal.signal(signal.SIGUSR1, self.on_signal)
        pid = __import__("os").getpid()
        __import__("subprocess").Popen(["sh", "-c", "sleep 25; kill -USR1 %d" % pid])
    def on_signal(self, number, frame): self.event.set()
watchdog = Watchdog()
t = threading.Thread(target=watchdog.event.wait, name="waiter"); t.start()
t.join()
