# main waits for an event that a delivery callback sets; a thread polls
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from confluent_kafka import Producer
class Sender:
    def __init__(self):
        self.p = Producer({"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 25000, "log_level": 0}); self.acked = threading.Event()
    def on_delivery(self, err, msg): self.acked.set()
    def poll(self):
        while True: self.p.poll(0.5)
s = Sender(); s.p.produce("t", b"x", on_delivery=s.on_delivery)
threading.Thread(target=s.poll, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
s.acked.wait()
