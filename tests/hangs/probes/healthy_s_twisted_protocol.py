# a thread waits for an event that a protocol of Twisted sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from twisted.internet import reactor, protocol
from twisted.protocols.basic import LineReceiver
class Stop(LineReceiver):
    def lineReceived(self, line): self.factory.stopped.set()
class F(protocol.Factory):
    protocol = Stop
    def __init__(self): self.stopped = threading.Event()
f = F()
def wait(): f.stopped.wait(); reactor.callFromThread(reactor.stop)
threading.Thread(target=wait, daemon=True).start()
reactor.listenTCP(0, f, interface="127.0.0.1")
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
reactor.run()
