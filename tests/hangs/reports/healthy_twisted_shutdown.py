# healthy twin of twisted_shutdown: the reactor goes on, and the result comes after 25 s
import signal, threading, time
from twisted.internet import reactor, defer, threads
signal.alarm(900)

def fetch():
    result = defer.Deferred()
    reactor.callLater(25, result.callback, 42)
    return result

def job():
    time.sleep(0.8)
    print(threads.blockingCallFromThread(reactor, fetch))

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
reactor.callWhenRunning(lambda: threads.deferToThread(job))
reactor.callLater(60, reactor.stop)
reactor.run()
