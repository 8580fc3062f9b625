# a signal handler logs into the queue whose mutex the interrupted thread holds (rebuilds patroni/patroni pull request 3413)
import os, queue, signal, threading, time
signal.alarm(900)

class LogQueue(queue.Queue):
    def _put(self, item):
        super()._put(item)
        if item == "lock owner: me":
            os.kill(os.getpid(), signal.SIGCHLD)    # a child ends exactly now

log = LogQueue()
reaped = []

def reap(signum, frame):
    log.put("reaped a child")

def writer():
    while True:
        log.get()

def ha_loop():
    while True:
        log.put("lock owner: me")
        time.sleep(1)

signal.signal(signal.SIGCHLD, reap)
threading.Thread(target=writer, name="log-writer", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
ha_loop()
