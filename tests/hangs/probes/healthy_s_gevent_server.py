# a greenlet waits for an event that a StreamServer's handler sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import gevent
from gevent.server import StreamServer
from gevent.event import Event
stop = Event()
def handle(sock, addr):
    if sock.recv(10) == b"stop": stop.set()
server = StreamServer(("127.0.0.1", 0), handle); server.start()
gevent.spawn_later(1, print, "READY", flush=True)
stop.wait()
