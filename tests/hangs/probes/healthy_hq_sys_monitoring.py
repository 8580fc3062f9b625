import os, signal, sys, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
mon = sys.monitoring
mon.use_tool_id(mon.PROFILER_ID, "probe")
probes = {}


def on_return(code, offset, value):
    for fn in probes.get(code, ()):
        fn()


mon.register_callback(mon.PROFILER_ID, mon.events.PY_RETURN, on_return)


def when_returns(fn, action):
    probes.setdefault(fn.__code__, []).append(action)
    mon.set_local_events(mon.PROFILER_ID, fn.__code__, mon.events.PY_RETURN)


def load_model(path):
    time.sleep(LAG)
    return path


loaded = threading.Event()
when_returns(load_model, loaded.set)
threading.Thread(target=load_model, args=("m.bin",), name="loader").start()
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
loaded.wait()
print("ENDED", flush=True)
