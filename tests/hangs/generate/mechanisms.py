"""What hangs, in asyncio. Each mechanism makes its resources, starts who uses them, and says what is true of it.

A mechanism is named after what is wrong. In the healthy twin somebody alive ends the wait after `b.delay` seconds: a
`rescue` that is added, or, where a circle closes, one of the circle that only works for long."""
from shapes import Actor, Hold, Wait, resource, start

ASYNC, THREADS = {}, {}
MAIN = "coro:main"
LOST = ("orphan-wait",)


def mechanism(table, weight=1):
    def register(function):
        table[function.__name__] = (function, weight)
        return function
    return register


def sleep(seconds):
    return "await asyncio.sleep(%s)" % seconds


# --- parts that many share -------------------------------------------------------------------------------------------------
def finish_main(b, sleeper=True, group=True):
    """How main() ends: it waits for those that are stuck, or only sleeps."""
    names = [v for v, _ in b.awaited]
    how = b.choose("end", ["gather", "wait", "in-order", "wait_for-hours"] + ["sleeper"] * sleeper, "end")
    whos = [who for _, who in b.awaited]
    b.truth(may=[MAIN])
    if how == "gather":
        b.end = ["await asyncio.gather(%s)" % ", ".join(names)]
    elif how == "wait":
        b.end = ["await asyncio.wait([%s])" % ", ".join(names)]
    elif how == "wait_for-hours":
        b.end = ["await asyncio.wait_for(asyncio.gather(%s), 7200)" % ", ".join(names)]
    elif how == "in-order":
        b.end = ["for task in [%s]:" % ", ".join(names), "    await task"]
        whos = whos[:1]
    else:
        b.end = ["while True:", "    await asyncio.sleep(%s)" % b.choose("nap", [1, 5, 30, 3600])]
        whos = []
    b.truth(edges=[(MAIN, who) for who in whos])


def rescue(b, r, action, condition=False):
    """Twin only: `action` (a statement with {} for the resource) comes after a while, in one of many ways."""
    if not b.twin:
        return
    loop = "asyncio.get_running_loop()"
    ways = ["task", "ticks", "timer", "thread", "executor", "child"]
    how = b.choose("rescue", ["task", "ticks", "executor", "child"] if condition else ways, "rescue")
    act = (lambda x: ["async with %s:" % x, ["%s.notify_all()" % x]]) if condition else (lambda x: [action.format(x)])
    waits = {"task": [sleep(b.delay)],
             "ticks": ["for _ in range(%d):" % (b.delay * 2), ["await asyncio.sleep(0.5)"]],
             "executor": ["await %s.run_in_executor(None, time.sleep, %s)" % (loop, b.delay)],
             "child": ['child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(%s)")' % b.delay,
                       "await child.wait()"]}
    if how == "timer":
        f = Actor(b, "rescuer", [r], lambda x: [action.format(x)], sync=True)
        target, rest = f.callable()
        b.starts.append("%s.call_later(%s)" % (loop, ", ".join([str(b.delay), target] + rest)))
    elif how == "thread":
        f = Actor(b, "rescuer", [r], lambda x: [action.format(x)], sync=True)
        target, rest = f.callable()
        b.starts += ["loop = " + loop, "def later(loop=loop, act=%s):" % target, "    time.sleep(%s)" % b.delay,
                     "    loop.call_soon_threadsafe(%s)" % ", ".join(["act"] + rest),
                     'threading.Thread(target=later, name="%s", daemon=True).start()' % b.names.task("rescuer")]
    else:
        a = Actor(b, "rescuer", [r], lambda x: waits[how] + act(x))
        start(b, a, label="rescuer")


ENDS = ["died", "returned", "cancelled", "never started", "never awaited"]


def lost_helper(b, r, before, then, ends=None, label="helper"):
    """Who would have ended the wait: it does `before` and then dies, returns or is cancelled, or it never starts.
    Returns (kinds, culprit markers, who or None)."""
    how = b.choose("end of " + label, ends or ENDS, "helper")
    if how == "died":
        error = b.choose("error", ["ValueError", "KeyError", "ConnectionError", "RuntimeError", "OSError"])
        act = lambda x: before(x) + [sleep(0.05), 'raise %s("%s")  #@lost' % (error, b.names.key("error").replace("-", " "))] + then(x)
    elif how == "returned":
        b.setup.append("enabled = False")
        act = lambda x: before(x) + [sleep(0.05), "if not os.environ.get(\"%s\"):" % b.names.constant("switch"),
                                     ["return  #@lost"]] + then(x)
        b.setup.pop()
    elif how == "cancelled":
        act = lambda x: before(x) + ["await asyncio.sleep(60)  #@lost"] + then(x)
    else:
        act = lambda x: [sleep(0.05)] + before(x) + then(x)
    shape = b.choose("shape of actor " + label, ["function", "method", "closure"]) if how == "never awaited" else None
    a = Actor(b, label, [r], act, shape=shape)
    if how == "never started":
        return ["orphan-wait"], [], None
    if how == "never awaited":
        b.starts.append("%s = %s  #@lost" % (b.names.variable("coroutine " + label, "task"), a.call()))
        return ["never-awaited", "orphan-wait"], ["lost"], None
    who = start(b, a)
    b.truth(gone=[who])
    if how == "cancelled":
        b.starts.append("asyncio.get_running_loop().call_later(0.15, %s.cancel)  #@lost" % a.variable)
    kinds = ["orphan-wait"] + (["unretrieved-exception"] if how == "died" else [])
    return kinds, ["lost"], who


def one_waiter(b, r, wait, kinds, culprit, who=None, before=(), extra=None, more_kinds=()):
    """One or two tasks that wait; main waits for them."""
    a = Actor(b, "waiter", [r], lambda x: list(before) + (extra(x) if extra else [wait(x)]))
    count = b.choose("waiters", [1, 1, 2])
    waiters = [start(b, a, awaited=True, label="waiter %d" % n, named=True if count > 1 else None) for n in range(count)]
    b.truth(kinds=list(kinds) + list(more_kinds), tasks=[[w, who] if who else w for w in waiters], may=waiters + ([who] if who else []),
            culprit=["wait"] + culprit, waits=[(w, "wait") for w in waiters])
    finish_main(b, sleeper=False)
    return waiters


# --- locks -----------------------------------------------------------------------------------------------------------------
@mechanism(ASYNC, 3)
def lock_cycle(b):
    n = b.choose("circle", [2, 2, 3, 4])
    locks = [resource(b, "lock %d" % i, "lock", "asyncio.Lock()", family="locks") for i in range(n)]
    same = locks[0].parameter is not None and b.chance("same function", 0.6)
    waiter_first = b.chance("bystander", 0.3)

    def body(last):
        return lambda x, y: [Hold(x, [sleep(0.05)] + ([sleep(b.delay)] if last and b.twin else
                                                      [Hold(y, ["%s" % sleep(0)], "wait")]), "hold")]
    if same:
        b.shapes.add("actor:same-function")
        shared = Actor(b, "mover", [locks[0], locks[1]], body(False), parameters=["source_", "target"])
    whos, actors = [], []
    for i in range(n):
        pair = [locks[i], locks[(i + 1) % n]]
        twin_last = b.twin and i == n - 1
        if same and not twin_last:
            a = shared
            who = start(b, a, awaited=True, named=True, label="mover %d" % i, arguments=[r.parameter for r in pair])
        else:
            a = Actor(b, "mover %d" % i, pair, body(i == n - 1))
            who = start(b, a, awaited=True, named=True if same else None)
        whos.append(who)
        actors.append(a)
    edges = [(whos[i], whos[(i + 1) % n]) for i in range(n - 1 if b.twin else n) if actors[(i + 1) % n].proved]
    if waiter_first:
        a = Actor(b, "bystander", locks[:1], lambda x: [sleep(0.1), Hold(x, [sleep(0)], "queued")])
        queued = start(b, a)
        b.truth(may=[queued])
    b.truth(kinds=["deadlock-cycle"], tasks=whos, culprit=["wait", "hold"], edges=edges,
            holders=[(w, [h]) for w, h in edges], waits=[(w, "wait") for w in (whos[:-1] if b.twin else whos)])
    finish_main(b)


@mechanism(ASYNC, 2)
def self_deadlock(b):
    r = resource(b, "lock", "lock", "asyncio.Lock()")
    inner = lambda x: [sleep(b.delay)] if b.twin else [Hold(x, [sleep(0)], "wait")]
    a = Actor(b, "holder", [r], lambda x: [Hold(x, [sleep(0.05)] + inner(x), "hold")])
    who = start(b, a, awaited=True)
    q = Actor(b, "bystander", [r], lambda x: [sleep(0.1), Hold(x, [sleep(0)], "queued")])
    queued = start(b, q)
    b.truth(kinds=["self-deadlock"], tasks=[who], may=[queued], culprit=["wait", "hold"],
            edges=[(queued, who)] if a.proved else [], holders=[(queued, [who])] if a.proved else [],
            waits=[(queued, "queued")] + ([] if b.twin else [(who, "wait")]))
    finish_main(b)


@mechanism(ASYNC, 2)
def leaked_lock(b):
    r = resource(b, "lock", "lock", "asyncio.Lock()")
    how = b.choose("leak", ["returned", "died", "cancelled"], "helper")
    alive = b.twin and b.chance("alive holder", 0.5)
    leave = {"returned": ["if not os.environ.get(\"%s\"):" % b.names.constant("switch"), ["return  #@lost"]],
             "died": ['raise ValueError("bad row")  #@lost'], "cancelled": ["await asyncio.sleep(60)  #@lost"]}[how]
    a = Actor(b, "leaker", [r], lambda x: [Wait(x, ".acquire()", "lost", style=b.choose("leak style", ["inline", "helper", "inline"]))] + (
        [sleep(b.delay)] if alive else [sleep(0.05)] + leave) + ["%s.release()" % x])
    leaker = start(b, a)
    if not alive:
        b.truth(gone=[leaker])
        if how == "cancelled":
            b.starts.append("asyncio.get_running_loop().call_later(0.15, %s.cancel)" % a.variable)
        rescue(b, r, "{}.release()")
    w = Actor(b, "waiter", [r], lambda x: [sleep(0.1), Hold(x, [sleep(0)], "wait")])
    who = start(b, w, awaited=True)
    kinds = ["leaked-lock"] + (["unretrieved-exception"] if how == "died" else [])
    b.truth(kinds=kinds, tasks=[[who, leaker]], may=[who, leaker], culprit=["lost", "wait"],
            holders=[] if alive else [(who, [])], waits=[(who, "wait")])
    finish_main(b)


@mechanism(ASYNC, 2)
def holder_waits(b):
    """A task waits for a queue or event that nobody fills, and holds a lock that others want."""
    lock = resource(b, "lock", "lock", "asyncio.Lock()")
    r, call, act = awaitable(b, "inner")
    kinds, culprit, helper = lost_helper(b, r, lambda x: [], lambda x: [act.format(x)])
    a = Actor(b, "holder", [lock, r], lambda x, y: [Hold(x, [Wait(y, call, "wait")], "hold")])
    who = start(b, a, awaited=True)
    q = Actor(b, "bystander", [lock], lambda x: [sleep(0.1), Hold(x, [sleep(0)], "queued")])
    queued = [start(b, q, awaited=True, named=True, label="bystander %d" % n) for n in range(b.choose("queue", [1, 2, 3]))]
    b.truth(kinds=kinds, tasks=[[who, helper] if helper else who], may=queued + [who] + ([helper] if helper else []),
            culprit=["wait", "hold"] + culprit, edges=[(x, who) for x in queued if a.proved],
            holders=[(x, [who]) for x in queued if a.proved], waits=[(who, "wait")] + [(x, "queued") for x in queued])
    rescue(b, r, act)
    finish_main(b)


def awaitable(b, label):
    """Something to wait for: (resource, call, the statement that ends the wait)."""
    kind = b.choose("kind of " + label, ["queue", "event", "future"])
    make = {"queue": "asyncio.Queue()", "event": "asyncio.Event()", "future": "asyncio.get_running_loop().create_future()"}[kind]
    call, act = {"queue": (".get()", "{}.put_nowait(1)"), "event": (".wait()", "{}.set()"), "future": ("", "{}.set_result(1)")}[kind]
    return resource(b, label, kind, make), call, act


# --- queues ----------------------------------------------------------------------------------------------------------------
@mechanism(ASYNC, 4)
def dead_producer(b):
    make = b.choose("queue", ["asyncio.Queue()", "asyncio.Queue(10)", "asyncio.PriorityQueue()", "asyncio.LifoQueue()"])
    r = resource(b, "queue", "queue", make)
    sent = b.choose("sent", [0, 1, 3])
    put = lambda x: ["for number in range(%d):" % sent, ["await %s.put(number)" % x]] if sent else []
    kinds, culprit, who = lost_helper(b, r, put, lambda x: ["await %s.put(99)" % x])
    takes = lambda x: ["for _ in range(%d):" % (sent * 2 + 1), [Wait(x, ".get()", "wait", into="item")]]
    one_waiter(b, r, None, kinds, culprit, who, extra=takes)
    rescue(b, r, "[{0}.put_nowait(n) for n in range(20) if not {0}.full()]")


@mechanism(ASYNC, 2)
def forgotten_task_done(b):
    r = resource(b, "queue", "queue", "asyncio.Queue()")
    b.starts.append("# three jobs, the second of which is not understood")
    feed = Actor(b, "feeder", [r], lambda x: ["for number in range(3):", ["%s.put_nowait(number)" % x], Wait(x, ".join()", "wait")])
    work = Actor(b, "worker", [r], lambda x: ["while True:", [
        "item = await %s.get()  #@lost" % x, "if item == 1:", ["continue  #@lost"], "await asyncio.sleep(0.01)", "%s.task_done()" % x]])
    worker = start(b, work)
    who = start(b, feed, awaited=True)
    b.truth(kinds=["orphan-wait", "dead-consumers"], tasks=[who], may=[worker], culprit=["wait", "lost"], waits=[(who, "wait")])
    rescue(b, r, "{}.task_done()")
    finish_main(b, sleeper=False)


@mechanism(ASYNC, 2)
def dead_consumer(b):
    size = b.choose("size", [1, 2, 3])
    r = resource(b, "queue", "queue", "asyncio.Queue(%d)" % size)
    kinds, culprit, who = lost_helper(b, r, lambda x: ["await %s.get()" % x], lambda x: ["await %s.get()" % x],
                                      ends=["died", "returned", "cancelled", "never started"])
    puts = lambda x: ["for number in range(%d):" % (size * 2 + 4), [Wait(x, ".put(7)", "wait")]]
    one_waiter(b, r, None, kinds, culprit, who, extra=puts, more_kinds=["dead-consumers"])
    rescue(b, r, "[asyncio.ensure_future({0}.get()) for _ in range(40)]")


@mechanism(ASYNC, 2)
def queues_crosswise(b):
    """Two tasks, each of which sends only after it has received."""
    first = resource(b, "queue 1", "queue", "asyncio.Queue()", family="queues")
    second = resource(b, "queue 2", "queue", "asyncio.Queue()", family="queues")
    whos = []
    for n, pair in enumerate(([first, second], [second, first])):
        a = Actor(b, "worker %d" % n, pair, lambda x, y: ["for _ in range(3):", [Wait(x, ".get()", "wait", into="item"), "await %s.put(item)" % y]])
        whos.append(start(b, a, awaited=True))
    b.truth(kinds=["orphan-wait", "deadlock-cycle"], tasks=[whos], may=whos, culprit=["wait"], waits=[(w, "wait") for w in whos])
    rescue(b, first, "{}.put_nowait(1)")
    finish_main(b, sleeper=False)


# --- events, futures, conditions -------------------------------------------------------------------------------------------
@mechanism(ASYNC, 3)
def event_never_set(b):
    r = resource(b, "event", "event", "asyncio.Event()")
    kinds, culprit, who = lost_helper(b, r, lambda x: [], lambda x: ["%s.set()" % x])
    one_waiter(b, r, lambda x: Wait(x, ".wait()", "wait"), kinds, culprit, who)
    rescue(b, r, "{}.set()")


@mechanism(ASYNC, 2)
def future_never_set(b):
    r = resource(b, "future", "future", "asyncio.get_running_loop().create_future()")
    kinds, culprit, who = lost_helper(b, r, lambda x: [], lambda x: ['%s.set_result("done")' % x])
    one_waiter(b, r, lambda x: Wait(x, "", "wait"), kinds, culprit, who)
    rescue(b, r, "{0}.done() or {0}.set_result(1)")


@mechanism(ASYNC, 2)
def condition_not_notified(b):
    r = resource(b, "condition", "condition", "asyncio.Condition()")
    notify = lambda x: ["async with %s:" % x, ["%s.notify_all()" % x]]
    how = b.choose("notified", ["too early", "never"], "helper")
    if how == "too early":
        a = Actor(b, "helper", [r], lambda x: notify(x)[:1] + [["%s.notify_all()  #@lost" % x]])
        kinds, culprit, who = ["orphan-wait"], ["lost"], start(b, a)
        b.truth(gone=[who])
    else:
        kinds, culprit, who = lost_helper(b, r, lambda x: [], notify)
    one_waiter(b, r, None, kinds, culprit, who, before=[sleep(0.1)], extra=lambda x: [Hold(x, [Wait(x, ".wait()", "wait")], "held")])
    rescue(b, r, None, condition=True)


@mechanism(ASYNC, 2)
def leaked_permits(b):
    count = b.choose("permits", [1, 2, 3])
    r = resource(b, "semaphore", "semaphore", "asyncio.%s(%d)" % (b.choose("type", ["Semaphore", "BoundedSemaphore"]), count))
    how = b.choose("leak", ["returned", "died"], "helper")
    leave = {"returned": ["if not os.environ.get(\"%s\"):" % b.names.constant("switch"), ["return  #@lost"]],
             "died": ['raise ValueError("bad row")  #@lost']}[how]
    a = Actor(b, "leaker", [r], lambda x: ["await %s.acquire()  #@lost" % x, sleep(0.05)] + leave + ["%s.release()" % x])
    leakers = [start(b, a, named=True, label="leaker %d" % n) for n in range(count)]
    w = Actor(b, "waiter", [r], lambda x: [sleep(0.1), Hold(x, [sleep(0)], "wait")])
    who = start(b, w, awaited=True)
    b.truth(kinds=["leaked-permits"] + (["unretrieved-exception"] if how == "died" else []), tasks=[[who] + leakers],
            may=leakers + [who], culprit=["wait", "lost"], holders=[(who, [])], waits=[(who, "wait")], gone=leakers)
    rescue(b, r, "{}.release()")
    finish_main(b)


@mechanism(ASYNC)
def barrier_too_few(b):
    b.require("3.11")
    r = resource(b, "barrier", "barrier", "asyncio.Barrier(3)")
    kinds, culprit, who = lost_helper(b, r, lambda x: [], lambda x: ["await %s.wait()" % x], ends=["died", "returned", "never started", "cancelled"])
    a = Actor(b, "party", [r], lambda x: [Wait(x, ".wait()", "wait")])
    whos = [start(b, a, awaited=True, named=True, label="party %d" % n) for n in range(2)]
    b.truth(kinds=kinds, tasks=[[w, who] if who else w for w in whos], may=whos + ([who] if who else []), culprit=["wait"] + culprit,
            waits=[(w, "wait") for w in whos])
    rescue(b, r, "asyncio.ensure_future({}.wait())")
    finish_main(b, sleeper=False)


# --- groups and circles of tasks -------------------------------------------------------------------------------------------
@mechanism(ASYNC, 2)
def stuck_in_group(b):
    """A parent waits for a group of children, one of which waits for what nobody ends."""
    r, call, act = awaitable(b, "inner")
    kinds, culprit, helper = lost_helper(b, r, lambda x: [], lambda x: [act.format(x)])
    how = b.choose("group", ["gather", "gather", "wait", "TaskGroup", "as_completed"], "group")
    if how == "TaskGroup": b.require("3.11")
    child = Actor(b, "child", [r], lambda x: [Wait(x, call, "wait")], shape="function")
    quick = Actor(b, "quick", [], lambda: [sleep(0.05)], shape="function")
    parent_module = b.main
    here = lambda a, args: "%s(%s)" % (b.ref(parent_module, a.module, a.function), ", ".join(args))
    parameters = child.parameters
    calls = [here(quick, []), here(child, parameters)]
    name = b.names.function("parent")
    made = ["asyncio.ensure_future(%s)" % c for c in calls]
    lines = {"gather": ["await asyncio.gather(%s)  #@parent" % ", ".join(calls)],
             "wait": ["await asyncio.wait([%s])  #@parent" % ", ".join(made)],
             "as_completed": ["for step in asyncio.as_completed([%s]):" % ", ".join(calls), "    await step  #@parent"],
             "TaskGroup": ["async with asyncio.TaskGroup() as group:  #@parent"] + ["    group.create_task(%s)" % c for c in calls]}[how]
    b.function(parent_module, ["async def %s(%s):" % (name, ", ".join(parameters))] + ["    " + x for x in lines])
    variable, task = b.names.variable("parent", "task"), b.names.task("parent")
    b.starts.append('%s = asyncio.create_task(%s(%s), name="%s")' % (variable, name, ", ".join(parameters), task))
    b.awaited.append((variable, task))
    who = child.default_name()
    b.truth(kinds=kinds, tasks=[[who, helper] if helper else who], may=[task, who] + ([helper] if helper else []),
            culprit=["wait"] + culprit, edges=[(task, who)], waits=[(who, "wait"), (task, "parent")])
    rescue(b, r, act)
    finish_main(b, sleeper=False)


@mechanism(ASYNC)
def await_cycle(b):
    """Tasks that await each other, through a table of tasks."""
    n = b.choose("circle", [2, 2, 3])
    r = resource(b, "table", "task", "{}", homes=["local", "attribute", "global", "class", "instance", "namedtuple", "contextvar", "lru_cache"])
    whos, keys = [], []
    for i in range(n): keys.append(b.names.key("step %d" % i))
    for i in range(n):
        last = b.twin and i == n - 1
        body = lambda x, i=i, last=last: [sleep(0.05), sleep(b.delay) if last else Wait('%s["%s"]' % (x, keys[(i + 1) % n]), "", "wait")]
        a = Actor(b, "step %d" % i, [r], body)
        who = start(b, a, awaited=True)
        main_place = r.expression(b, b.main)
        b.starts.append('%s["%s"] = %s' % (main_place, keys[i], a.variable))
        whos.append(who)
    stuck = whos[:-1] if b.twin else whos
    b.truth(kinds=["deadlock-cycle"], tasks=whos, culprit=["wait"], edges=[(w, whos[(i + 1) % n]) for i, w in enumerate(stuck)],
            waits=[(w, "wait") for w in stuck])
    finish_main(b)
