# the reactor has stopped and joins a pool thread, which waits for what only the reactor could run (rebuilds twisted/twisted issue 10124)
import signal, threading, time
from twisted.internet import reactor, defer, threads
signal.alarm(900)

def fetch():
    result = defer.Deferred()
    reactor.callLater(0.2, result.callback, 42)
    return result

def job():
    time.sleep(0.8)
    print(threads.blockingCallFromThread(reactor, fetch))

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
reactor.callWhenRunning(lambda: threads.deferToThread(job))
reactor.callLater(0.4, reactor.stop)
reactor.run()
