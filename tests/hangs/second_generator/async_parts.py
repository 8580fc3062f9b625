"""What the mechanisms of async_locks.py, async_queues.py, async_futures.py, async_loops.py, async_others.py share."""
from genlib import *

MECHS = {}
def mech(f):
    MECHS["a_" + f.__name__] = f
    return f

END = '''await asyncio.sleep(1)
print("READY", flush=True)
'''
def ending(g, tasks, dies):
    k = g.pick("gather", "wait", "stop", "report") if not dies else g.pick("wait", "stop", "report")
    if k == "gather": e = f"await asyncio.gather(*{tasks})"
    elif k == "wait": e = f"await asyncio.wait({tasks})"
    elif k == "stop": e = "stop = asyncio.Event()\nasyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)\nawait stop.wait()"
    else: e = "while True:\n    await asyncio.sleep(30)"
    return (END + e).split("\n")

def B(g, L=None, grip=None, probe=None, dies=False, tasks="tasks", deny=(), **more):
    defs, start = noise(g, "asyncio", probe, deny)
    g.w["par"] = L.par if L else ""; g.w["arg"] = L.arg if L else ""
    b = dict(noise_defs=defs, noise=start, end=ending(g, tasks, dies), setup=L.setup if L else [], decl=[] if L and L.helper else (L.decl if L else []), grip=grip.decl if grip else [])
    b.update({k: (v if isinstance(v, list) else dd(v).split("\n")) for k, v in more.items()})
    return b

def who(*ks):
    """one of tasks / functions"""
    return ["why:$" + k if k.startswith("t") and k[1:].isdigit() else "why:re:\\b" + k.replace("$", "$") + "\\b" for k in ks]

def P(g, body, blocks, L=None, **kw):
    p = dict(body=body, blocks=blocks, **kw)
    if L and L.helper: p.update(helper=L.decl, helper_imports=[L.Cls])
    return p

MAIN = '''
    async def main():
        %setup%
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
'''

HELD = [r"\bno live (task|thread)s? holds|\bnobody( alive)? holds"]
