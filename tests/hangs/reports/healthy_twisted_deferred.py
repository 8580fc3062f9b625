# the reactor runs in a thread of its own; the main thread waits for a Deferred
import threading, time
from twisted.internet import defer, reactor, task, threads
from svc_noise import SLOW, ready, heartbeat

class Backoff:
    def __init__(self):
        self.deferred, self.call, self.beats = None, None, 0
    def wait(self, seconds):
        self.deferred = defer.Deferred()
        self.call = reactor.callLater(seconds, self._over)
        return self.deferred
    def _over(self):
        d, self.deferred = self.deferred, None
        d.callback("again")
    def reset(self):
        self.call.cancel()
    def beat(self):
        self.beats += 1

@defer.inlineCallbacks
def connect(backoff):
    yield task.deferLater(reactor, 0.05, lambda: None)
    answer = yield backoff.wait(SLOW)
    return answer

backoff = Backoff()
task.LoopingCall(backoff.beat).start(0.5, now=False)
threading.Thread(target=reactor.run, args=(False,), name="reactor", daemon=True).start()
heartbeat()
time.sleep(0.2)
ready()
print(threads.blockingCallFromThread(reactor, connect, backoff))
print("DONE", flush=True)
