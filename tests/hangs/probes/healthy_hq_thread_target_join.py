import os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Pause:
    def __call__(self, seconds):
        time.sleep(seconds)


def chain(inner, depth):
    for _ in range(depth):
        outer = threading.Thread(target=inner.join)
        outer.start()
        inner = outer
    return inner


core = threading.Thread(target=Pause(), args=(LAG,))
core.start()
last = chain(core, 3)
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
last.join()
print("ENDED", flush=True)
