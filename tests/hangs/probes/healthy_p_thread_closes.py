# MainThread waits for a child that reads stdin; a thread closes that after 25 s
import asyncio, os, signal, subprocess, threading, time
signal.alarm(900)

p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
def feed():
    time.sleep(25)
    p.stdin.close()
threading.Thread(target=feed, name="feed").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
