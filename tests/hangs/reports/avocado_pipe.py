# a test process dies before it has sent its state, and the runner waits for it on a pipe whose other end it has open itself (rebuilds avocado-framework/avocado pull request 289)
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def test(conn):
    os._exit(1)                                 # a crash in C code
    conn.send("running")

def main():
    ctx = multiprocessing.get_context("fork")
    ours, theirs = ctx.Pipe()
    ctx.Process(target=test, args=(theirs,), name="test").start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    print(ours.recv())
    while True:
        time.sleep(1)


def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

main()
