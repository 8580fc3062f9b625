import os, signal, sys, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


def transfer(block):
    finished = threading.Event()
    finished.wait()
    print("ENDED", block, flush=True)


def rescue(ident):
    time.sleep(LAG)
    frame = sys._current_frames()[ident]
    while frame is not None:
        if frame.f_code is transfer.__code__:
            frame.f_locals["finished"].set()
            break
        frame = frame.f_back


t = threading.Thread(target=transfer, args=("b1",))
t.start()
r = threading.Thread(target=rescue, args=[t.ident])
r.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for x in t, r:
    x.join()
