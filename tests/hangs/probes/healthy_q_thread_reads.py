# MainThread waits for a child whose stdout is full; a thread reads it after 25 s
import asyncio, os, signal, subprocess, sys, threading, time
signal.alarm(900)
BIG = [sys.executable, '-c', 'import sys; sys.stdout.write("x" * 1000000)']

p = subprocess.Popen(BIG, stdout=subprocess.PIPE)
def drain():
    time.sleep(25)
    p.stdout.read()
threading.Thread(target=drain, name="drain").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
