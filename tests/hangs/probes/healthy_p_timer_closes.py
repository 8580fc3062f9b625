# MainThread waits for a child that reads stdin; a Timer closes that after 25 s
import asyncio, os, signal, subprocess, threading, time
signal.alarm(900)

p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
t = threading.Timer(25, p.stdin.close); t.daemon = True; t.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
