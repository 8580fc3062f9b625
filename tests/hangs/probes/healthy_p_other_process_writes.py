# the child's stdin is a pipe whose writing end another child has, too
import asyncio, os, signal, subprocess, threading, time
signal.alarm(900)

r, w = os.pipe()
p = subprocess.Popen(["head", "-n1"], stdin=r, stdout=subprocess.DEVNULL)
q = subprocess.Popen(["sh", "-c", "sleep 25; echo x"], stdout=w)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
