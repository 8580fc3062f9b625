# healthy twin of avocado_pipe: the test sends its state after 30 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def test(conn):
    time.sleep(30)
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
