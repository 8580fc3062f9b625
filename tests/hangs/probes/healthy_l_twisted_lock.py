# twisted DeferredLock on the asyncio-less reactor, a thread waits by blockingCallFromThread
import signal, threading, time
from twisted.internet import reactor, defer, threads, task
signal.alarm(900)
lock = defer.DeferredLock()
def hold(seconds):
    return lock.run(lambda: task.deferLater(reactor, seconds, lambda: 1))
def job():
    threads.blockingCallFromThread(reactor, hold, 0)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
reactor.callWhenRunning(hold, 25)
reactor.callLater(0.3, lambda: threads.deferToThread(job))
reactor.run()
