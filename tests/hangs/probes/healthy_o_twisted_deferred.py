# healthy: twisted deferred
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# twisted: a thread waits for a Deferred of the reactor
import threading

from twisted.internet import reactor, threads
from twisted.internet.task import deferLater


def answer():
    return "42"


def ask():
    print("READY", flush=True)
    print(threads.blockingCallFromThread(reactor, deferLater, reactor, DELAY, answer))
    print("DONE", flush=True)
    reactor.callFromThread(reactor.stop)


reactor.callWhenRunning(lambda: threading.Thread(target=ask).start())
reactor.run()
