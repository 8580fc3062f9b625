# MainThread waits for a child that reads a line; a thread writes it after 25 s
import asyncio, os, signal, subprocess, threading, time
signal.alarm(900)

p = subprocess.Popen(["head", "-n1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
def feed(pipe):
    time.sleep(25)
    pipe.write(b"x\n"); pipe.flush()
threading.Thread(target=feed, args=(p.stdin,), name="feed").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
p.wait()
