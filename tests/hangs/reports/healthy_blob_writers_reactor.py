# Blob exchange: two peers deliver the same blob, the first to finish saves it; saving goes through the reactor.
import signal
import threading

from twisted.internet import defer, reactor, task

signal.alarm(900)


class BlobFile:
    def __init__(self, digest):
        self.digest = digest
        self.saving = defer.DeferredLock()
        self.verified = False
        self.writers = 0

    @defer.inlineCallbacks
    def save_verified(self, data):
        yield self.saving.acquire()
        try:
            if not self.verified:
                yield self.produce(data)
                self.verified = True
        finally:
            self.saving.release()

    def produce(self, data):
        """stands for FileBodyProducer.startProducing()"""
        return task.deferLater(reactor, 1.0, len, data)


@defer.inlineCallbacks
def peer(blob, name, delay):
    yield task.deferLater(reactor, delay, lambda: None)
    blob.writers += 1
    yield blob.save_verified(name.encode() * 1000)
    blob.writers -= 1


def announce(blobs):
    return sum(blob.verified for blob in blobs)


def download(blobs):
    blob = BlobFile(f"{len(blobs):064x}")
    blobs.append(blob)
    for name, delay in (("peer-a", 0.2), ("peer-b", 0.5)):
        peer(blob, name, delay)


def main():
    blobs = []
    task.LoopingCall(announce, blobs).start(0.5)
    task.LoopingCall(download, blobs).start(4)
    ready = threading.Timer(2, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    reactor.run()


main()
