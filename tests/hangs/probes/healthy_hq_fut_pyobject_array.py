import concurrent.futures, ctypes, os, signal, threading
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
Table = ctypes.py_object * 8
table = Table(*[None] * 8)


def allocate(i):
    table[i] = concurrent.futures.Future()
    return i


def interrupt(i, value):
    table[i].set_result(value)


def wait(i):
    print("ENDED", table[i].result(), flush=True)


line = allocate(3)
threading.Timer(LAG, interrupt, [line], {"value": "irq"}).start()
t = threading.Thread(target=wait, args=(line,))
t.start()
t.join(1)
print("READY", os.getpid(), flush=True)
t.join()
