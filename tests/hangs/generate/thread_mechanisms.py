"""What hangs with threads, and what blocks an event loop. Registers itself in mechanisms.THREADS."""
from mechanisms import MAIN, THREADS, mechanism
from shapes import Actor, Hold, Wait, resource, start

MAIN_THREAD = "MainThread"


def nap(seconds):
    return "time.sleep(%s)" % seconds


# --- parts that many share -------------------------------------------------------------------------------------------------
def host(b):
    """Threads live in a plain program or in one of asyncio."""
    b.sync = b.choose("host", ["plain", "plain", "asyncio"], "host") == "plain"


def finish_main(b):
    names, whos = [v for v, _ in b.awaited], [w for _, w in b.awaited]
    how = b.choose("end", ["join", "sleeper"], "end")
    seconds = b.choose("nap", [1, 5, 30])
    b.truth(may=[MAIN], may_threads=[MAIN_THREAD, "asyncio_0", "ThreadPoolExecutor-0_0"])
    if b.sync and how == "join":
        b.end = ["for thread in [%s]:" % ", ".join(names), "    thread.join()"]
        b.truth(edges=[(MAIN_THREAD, whos[0])])
    elif how == "join":
        b.end = ["for thread in [%s]:" % ", ".join(names), "    await asyncio.get_running_loop().run_in_executor(None, thread.join)"]
    else:
        b.end = ["while True:", "    time.sleep(%s)" % seconds if b.sync else "    await asyncio.sleep(%s)" % seconds]


def rescue(b, r, act):
    """Twin only: `act` (a function from the expression of the resource to lines) comes after a while."""
    if not b.twin:
        return
    how = b.choose("rescue", ["thread", "ticks", "timer"] + ([] if b.sync else ["call_later"]), "rescue")
    waits = {"thread": [nap(b.delay)], "ticks": ["for _ in range(%d):" % (b.delay * 2), [nap(0.5)]]}.get(how, [])
    a = Actor(b, "rescuer", [r], lambda x: waits + act(x), sync=True)
    target, rest = a.callable()
    if how in ("thread", "ticks"):
        start(b, a, label="rescuer")
    elif how == "timer":
        b.starts += ["timer = threading.Timer(%s, %s, [%s])" % (b.delay, target, ", ".join(rest)), "timer.daemon = True", "timer.start()"]
    else:
        b.starts.append("asyncio.get_running_loop().call_later(%s)" % ", ".join([str(b.delay), target] + rest))


def lost_helper(b, r, before, then):
    how = b.choose("end of helper", ["died", "returned", "never started"], "helper")
    if how == "died":
        act = lambda x: before(x) + [nap(0.05), 'raise ValueError("bad row")  #@lost'] + then(x)
    elif how == "returned":
        act = lambda x: before(x) + [nap(0.05), "if not os.environ.get(\"%s\"):" % b.names.constant("switch"), ["return  #@lost"]] + then(x)
    else:
        act = lambda x: before(x) + then(x)
    a = Actor(b, "helper", [r], act, sync=True)
    if how == "never started":
        start(b, a)
        b.starts[-1:] = []                    # created, and start() forgotten
        b.starts[-1] += "  #@lost"
        return
    who = start(b, a)
    b.truth(gone=[who])
    b.truth(may_threads=[who])


def waiting_threads(b, r, body):
    a = Actor(b, "waiter", [r], body, sync=True)
    count = b.choose("waiters", [1, 1, 2])
    whos = [start(b, a, awaited=True, label="waiter %d" % n, named=True if count > 1 else None) for n in range(count)]
    b.truth(kinds=["orphan-wait"], threads=[whos], may_threads=whos, culprit=["wait", "lost"], waits=[(w, "wait") for w in whos])
    finish_main(b)


# --- threads ---------------------------------------------------------------------------------------------------------------
@mechanism(THREADS, 2)
def thread_lock_cycle(b):
    host(b)
    n = b.choose("circle", [2, 2, 3])
    make = b.choose("lock type", ["threading.Lock()", "threading.RLock()"])
    locks = [resource(b, "lock %d" % i, "thread-lock", make, sync=True, family="locks") for i in range(n)]
    whos, actors = [], []
    for i in range(n):
        last = b.twin and i == n - 1
        a = Actor(b, "mover %d" % i, [locks[i], locks[(i + 1) % n]], lambda x, y, last=last: [
            Hold(x, [nap(0.4)] + ([nap(b.delay)] if last else [Hold(y, ["pass"], "wait")]), "hold")], sync=True)
        whos.append(start(b, a, awaited=True))
        actors.append(a)
    stuck = range(n - 1 if b.twin else n)
    edges = [(whos[i], whos[(i + 1) % n]) for i in stuck if actors[(i + 1) % n].proved or "RLock" in make]
    b.truth(kinds=["cross-thread-deadlock", "deadlock-cycle"], threads=whos, culprit=["wait", "hold"], edges=edges,
            holders=[(w, [h]) for w, h in edges], waits=[(whos[i], "wait") for i in stuck])
    finish_main(b)


@mechanism(THREADS, 2)
def thread_lock_twice(b):
    host(b)
    r = resource(b, "lock", "thread-lock", "threading.Lock()", sync=True)
    a = Actor(b, "holder", [r], lambda x: [Hold(x, [nap(0.1)] + ([nap(b.delay)] if b.twin else [Hold(x, ["pass"], "wait")]), "hold")], sync=True)
    who = start(b, a, awaited=True)
    q = Actor(b, "bystander", [r], lambda x: [nap(0.5), Hold(x, ["pass"], "queued")], sync=True)
    queued = start(b, q, awaited=True)
    edges = [(queued, who)] if a.proved else []
    b.truth(kinds=["self-deadlock"], threads=[who], may_threads=[queued], culprit=["wait", "hold"], edges=edges,
            waits=[(queued, "queued")] + ([] if b.twin else [(who, "wait")]))
    finish_main(b)


@mechanism(THREADS, 2)
def thread_leaked_lock(b):
    host(b)
    r = resource(b, "lock", "thread-lock", "threading.Lock()", sync=True)
    how = b.choose("leak", ["returned", "died"], "helper")
    leave = ["if not os.environ.get(\"%s\"):" % b.names.constant("switch"), ["return  #@lost"]] if how == "returned" else ['raise ValueError("bad row")  #@lost']
    a = Actor(b, "leaker", [r], lambda x: ["%s.acquire()  #@lost" % x, nap(0.05)] + leave + ["%s.release()" % x], sync=True)
    leaker = start(b, a)
    w = Actor(b, "waiter", [r], lambda x: [nap(0.5), Hold(x, ["pass"], "wait")], sync=True)
    who = start(b, w, awaited=True)
    b.truth(kinds=["leaked-lock"], threads=[who], may_threads=[leaker], culprit=["wait", "lost"], holders=[(who, [])],
            waits=[(who, "wait")], gone=[leaker])
    rescue(b, r, lambda x: ["%s.release()" % x])
    finish_main(b)


@mechanism(THREADS, 2)
def thread_dead_producer(b):
    host(b)
    r = resource(b, "queue", "queue", "queue.Queue()", sync=True)
    sent = b.choose("sent", [0, 1, 3])
    lost_helper(b, r, lambda x: ["for number in range(%d):" % sent, ["%s.put(number)" % x]] if sent else [], lambda x: ["%s.put(99)" % x])
    waiting_threads(b, r, lambda x: ["for _ in range(%d):" % (sent * 2 + 1), [Wait(x, ".get()", "wait", into="item")]])
    rescue(b, r, lambda x: ["for number in range(20):", ["%s.put(number)" % x]])


@mechanism(THREADS, 2)
def thread_event_never_set(b):
    host(b)
    r = resource(b, "event", "event", "threading.Event()", sync=True)
    lost_helper(b, r, lambda x: [], lambda x: ["%s.set()" % x])
    waiting_threads(b, r, lambda x: [Wait(x, ".wait()", "wait")])
    rescue(b, r, lambda x: ["%s.set()" % x])


@mechanism(THREADS)
def thread_condition_not_notified(b):
    host(b)
    r = resource(b, "condition", "condition", "threading.Condition()", sync=True)
    notify = lambda x: ["with %s:" % x, ["%s.notify_all()" % x]]
    lost_helper(b, r, lambda x: [], notify)
    waiting_threads(b, r, lambda x: [Hold(x, [Wait(x, ".wait()", "wait")], "held")])
    rescue(b, r, notify)


@mechanism(THREADS, 2)
def join_of_a_stuck_thread(b):
    host(b)
    r = resource(b, "event", "event", "threading.Event()", sync=True)
    lost_helper(b, r, lambda x: [], lambda x: ["%s.set()" % x])
    a = Actor(b, "stuck", [r], lambda x: [Wait(x, ".wait()", "wait")], sync=True)
    who = start(b, a)
    table = resource(b, "table", "task", "{}", sync=True)
    key = b.names.key("thread")
    b.starts.append('%s["%s"] = %s' % (table.expression(b, b.main), key, a.variable))
    j = Actor(b, "joins", [table], lambda x: [Wait('%s["%s"]' % (x, key), ".join()", "joins")], sync=True)
    joins = start(b, j, awaited=True)
    b.truth(kinds=["orphan-wait"], threads=[[who, joins]], may_threads=[who, joins], culprit=["wait", "joins", "lost"],
            edges=[(joins, who)], waits=[(who, "wait"), (joins, "joins")])
    rescue(b, r, lambda x: ["%s.set()" % x])
    finish_main(b)


@mechanism(THREADS, 2)
def pool_waits_for_itself(b):
    """Jobs that fill a pool wait for jobs of the same pool."""
    host(b)
    n = b.choose("workers", [1, 2, 3])
    prefix = b.names.key("pool")
    r = resource(b, "pool", "pool", 'concurrent.futures.ThreadPoolExecutor(%d, thread_name_prefix="%s")' % (n + b.twin, prefix), sync=True)
    job = "time.sleep, %s" % (b.delay if b.twin else 0.01)
    a = Actor(b, "job", [r], lambda x: [nap(0.4), Wait(x, ".submit(%s).result()" % job, "wait")], sync=True)
    target, rest = a.callable()
    pool = r.expression(b, b.main)
    count = 1 if b.twin else n
    workers = ["%s_%d" % (prefix, i) for i in range(n)]
    if b.sync:
        b.starts.append("futures = [%s.submit(%s) for _ in range(%d)]" % (pool, ", ".join([target] + rest), count))
        b.end = b.choose("end", [["for future in futures:", "    future.result()"], ["concurrent.futures.wait(futures)"]])
    else:
        b.starts += ["loop = asyncio.get_running_loop()", "futures = [loop.run_in_executor(%s) for _ in range(%d)]" % (", ".join([pool, target] + rest), count)]
        b.end = ["await asyncio.gather(*futures)"]
    b.truth(kinds=["executor-exhausted", "deadlock-cycle", "cross-thread-deadlock", "self-deadlock"], tasks=[workers + [MAIN, MAIN_THREAD]],
            may=[MAIN], may_threads=[MAIN_THREAD] + workers, culprit=["wait"], waits=[(w, "wait") for w in workers[:count]])


@mechanism(THREADS, 2)
def silent_pipe(b):
    """Nobody writes to the other end, which this process holds. Whether that is called hung is a matter of taste."""
    host(b)
    r = resource(b, "pair", "socket", "socket.socketpair()", sync=True)
    a = Actor(b, "reader", [r], lambda x: [Wait(x + "[0]", ".recv(100)", "wait")], sync=True)
    who = start(b, a, awaited=True)
    b.truth(verdict=["hung", "waiting", "idle"], kinds=["external-wait", "orphan-wait", "none"], threads=[who], culprit=["wait"], waits=[(who, "wait")])
    rescue(b, r, lambda x: ['%s[1].send(b"x")' % x])
    finish_main(b)


# --- loops that do not turn ------------------------------------------------------------------------------------------------
def on_loop(b, a, main_kinds, others=(), edges=()):
    """A task calls `a`, which blocks; in the twin, a job of an executor calls it."""
    name, task = b.names.function("blocking"), b.names.task("blocking")
    target, rest = a.callable()
    parameters = a.parameters
    line = a.call() if not b.twin else "await asyncio.get_running_loop().run_in_executor(%s)" % ", ".join(["None", target] + rest)
    b.function(b.main, ["async def %s(%s):" % (name, ", ".join(parameters)), "    await asyncio.sleep(0.5)", "    %s  #@blocks" % line])
    variable = b.names.variable("blocking", "task")
    b.starts.append('%s = asyncio.create_task(%s(%s), name="%s")' % (variable, name, ", ".join(parameters), task))
    b.end = b.choose("end", [["await %s" % variable], ["await asyncio.gather(%s)" % variable], ["while True:", "    await asyncio.sleep(5)"]])
    b.truth(verdict=["blocked-loop", "hung"], kinds=main_kinds, tasks=[[task, MAIN_THREAD] + list(others)], may=[task, MAIN],
            may_threads=[MAIN_THREAD] + list(others), culprit=["wait", "blocks"], waits=[(task, "blocks")])
    b.loop_is_blocked = True
    return task


@mechanism(THREADS, 2)
def lock_blocks_loop(b):
    """A task wants a threading.Lock whose holder, a thread, waits for the loop."""
    make = b.choose("lock type", ["threading.Lock()", "threading.RLock()"])
    r = resource(b, "lock", "thread-lock", make, sync=True)
    loop = resource(b, "loop", "loop", "asyncio.get_running_loop()", homes=["local", "attribute", "global", "class", "namedtuple", "dict"])
    h = Actor(b, "holder", [r, loop], lambda x, y: [Hold(x, [nap(0.7)] + ([nap(b.delay)] if b.twin else [
        Wait("asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01), %s)" % y, ".result()", "held")]), "hold")], sync=True)
    holder = start(b, h, named=True)
    a = Actor(b, "locker", [r], lambda x: [Hold(x, ["pass"], "wait")], sync=True)
    task = on_loop(b, a, ["blocked-loop", "cross-thread-deadlock", "deadlock-cycle", "cross-loop-deadlock"], [holder])
    b.truth(culprit=["hold", "held"], edges=[(task, holder)] if not b.twin and (h.proved or "RLock" in make) else [],
            waits=[] if b.twin else [(holder, "held")])


@mechanism(THREADS)
def sleep_blocks_loop(b):
    a = Actor(b, "sleeps", [], lambda: [Wait("time.sleep", "(%s)" % (b.delay if b.twin else 600), "wait")], sync=True)
    on_loop(b, a, ["blocked-loop"])


@mechanism(THREADS)
def recv_blocks_loop(b):
    r = resource(b, "pair", "socket", "socket.socketpair()", sync=True)
    a = Actor(b, "reads", [r], lambda x: [Wait(x + "[0]", ".recv(100)", "wait")], sync=True)
    on_loop(b, a, ["blocked-loop", "external-wait", "orphan-wait", "self-deadlock"])
    rescue(b, r, lambda x: ['%s[1].send(b"x")' % x])


@mechanism(THREADS, 2)
def result_on_own_loop(b):
    loop = resource(b, "loop", "loop", "asyncio.get_running_loop()", homes=["local", "attribute", "global", "class", "namedtuple", "dict"])
    a = Actor(b, "asks", [loop], lambda x: [Wait("asyncio.run_coroutine_threadsafe(asyncio.sleep(%s), %s)" % (b.delay if b.twin else 0.01, x),
                                                 ".result()", "wait")], sync=True)
    on_loop(b, a, ["self-deadlock", "blocked-loop"])
