# the child's stdout is a full pipe to another child, which reads after 25 s; this process kept the reading end, too
import asyncio, os, signal, subprocess, sys, threading, time
signal.alarm(900)
BIG = [sys.executable, '-c', 'import sys; sys.stdout.write("x" * 1000000)']

p = subprocess.Popen(BIG, stdout=subprocess.PIPE)
q = subprocess.Popen(["sh", "-c", "sleep 25; cat > /dev/null"], stdin=p.stdout)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
