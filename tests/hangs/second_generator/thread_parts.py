"""What the mechanisms of thread_locks.py, thread_waits.py, thread_others.py share."""
from genlib import *
from async_parts import P, who, HELD

MECHS = {}
def mech(f):
    MECHS["t_" + f.__name__] = f
    return f

READY = ["time.sleep(1)", 'print("READY", flush=True)']
def ending(g, threads):
    k = g.pick("join", "join", "stop", "pause", "report")
    if k == "join": return READY + [f"for thread in {threads}:", "    thread.join()"]
    if k == "stop": return READY + ["stop = threading.Event()", "signal.signal(signal.SIGTERM, lambda *_: stop.set())", "stop.wait()"]
    if k == "pause": return READY + ["signal.pause()"]
    return READY + ["while True:", "    time.sleep(20)"]

def B(g, L=None, grip=None, probe=None, deny=(), spawn=(), **more):
    defs, start = noise(g, "threading", probe, deny)
    g.w["par"] = L.par if L else ""; g.w["arg"] = L.arg if L else ""
    g.w["PAR"] = g.w["ARG"] = (L.par if L else "").rstrip(", ")
    style = g.pick("list", "list", "daemon")
    d = ", daemon=True" if style == "daemon" else ""
    sp = ["threads = ["] + [f'    threading.Thread(target={f}, args=({a}), name="{n}"{d}),' for f, a, n in spawn] + ["]", "for thread in threads:", "    thread.start()"]
    b = dict(noise_defs=defs, noise=start, end=ending(g, "threads"), setup=L.setup if L else [], decl=[] if L and L.helper else (L.decl if L else []), grip=grip.decl if grip else [], spawn=sp)
    b.update({k: (v if isinstance(v, list) else dd(v).split("\n")) for k, v in more.items()})
    return b

MAIN = '''
    def main():
        %setup%
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
'''
# MainThread is the one that gets stuck: READY comes from a timer
SELF = '''
    def main():
        %setup%
        %noise%
        starter = threading.Timer(1.5, print, ("READY",), {"flush": True})
        starter.daemon = True
        starter.start()
        %work%


    if __name__ == "__main__":
        main()
'''
GLOBALS = ("global", "dict", "classattr", "defaultarg")
