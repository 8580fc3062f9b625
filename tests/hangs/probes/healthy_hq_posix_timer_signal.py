import ctypes, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
libc = ctypes.CDLL(None, use_errno=True)


class SigEvent(ctypes.Structure):
    _fields_ = [("value", ctypes.c_void_p), ("signo", ctypes.c_int), ("notify", ctypes.c_int),
                ("pad", ctypes.c_char * 48)]


class Spec(ctypes.Structure):
    _fields_ = [("interval", ctypes.c_long * 2), ("value", ctypes.c_long * 2)]


def arm(seconds, signo):
    timer = ctypes.c_void_p()
    event = SigEvent(None, signo, 0)
    spec = Spec((0, 0), (int(seconds), int(seconds % 1 * 1e9)))
    if libc.timer_create(time.CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        raise OSError(ctypes.get_errno(), "timer_create")
    if libc.timer_settime(timer, 0, ctypes.byref(spec), None):
        raise OSError(ctypes.get_errno(), "timer_settime")


alarms = queue.SimpleQueue()
signal.signal(signal.SIGUSR1, lambda *_: alarms.put("ring"))
arm(LAG, signal.SIGUSR1)
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
print("ENDED", alarms.get(), flush=True)
