# a thread reads the child's stdout a line a second; MainThread waits for the child
import asyncio, os, signal, subprocess, sys, threading, time
signal.alarm(900)
BIG = [sys.executable, '-c', 'import sys; sys.stdout.write("x" * 1000000)']

p = subprocess.Popen([sys.executable, '-c', 'import sys\nfor n in range(100000): sys.stdout.write("x" * 99 + chr(10))'], stdout=subprocess.PIPE)
def drain():
    for line in p.stdout: time.sleep(3)
threading.Thread(target=drain, name="drain", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
