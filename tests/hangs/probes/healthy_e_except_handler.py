# an except clause sets it
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)


class Service:
    def __init__(self):
        self.done = threading.Event()

    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        try:
            int('x')
        except ValueError:
            self.done.set()
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
