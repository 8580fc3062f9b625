# main waits for an event that a handler of redis pubsub.run_in_thread sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import redis
got = threading.Event()
ps = redis.Redis(port=16399).pubsub()
ps.subscribe(**{"fresh2-news": lambda m: got.set()})
t = ps.run_in_thread(sleep_time=1, daemon=True)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
got.wait()
