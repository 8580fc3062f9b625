"""What else goes on in the program and has nothing to do with the hang."""
from shapes import Actor, resource, start

ASYNC, ANY = {}, {}


def noise(*tables):
    def register(function):
        for table in tables:
            table[function.__name__] = function
        return function
    return register


def add(b):
    """0 to 4 kinds of noise, in front of or behind what hangs."""
    table = dict(ANY) if b.sync else dict(ANY, **ASYNC)
    dice = b.dice("noise")
    for name in dice.sample(sorted(table), dice.choice([0, 1, 1, 2, 2, 3, 4])):
        before = len(b.starts), list(b.awaited)
        if table[name](b) is False:
            continue
        b.noises.append(name)
        if b.chance("early " + name, 0.5):         # its lines go in front
            added = b.starts[before[0]:]
            del b.starts[before[0]:]
            b.starts[:0] = added


def period(b, label):
    return b.choose("period " + label, [0.2, 0.5, 1, 5, 30])


@noise(ASYNC)
def heartbeat(b):
    a = Actor(b, "heartbeat", [], lambda: ["while True:", ["await asyncio.sleep(%s)" % period(b, "heartbeat")]])
    start(b, a)


@noise(ASYNC)
def heartbeat_method(b):
    """Of the very object that has the lock or queue."""
    owners = [r.owner for r in b.resources if r.owner and not r.sync]
    if not owners:
        return False
    c, place = owners[0]
    c.methods.append(["async def heartbeat(self):", "    self.beats = 0", "    while True:",
                      "        await asyncio.sleep(%s)" % period(b, "method"), "        self.beats += 1"])
    b.starts.append('beats = asyncio.create_task(%s.heartbeat(), name="heartbeat")' % place)


READS = {"lock": ".locked()", "queue": ".qsize()", "event": ".is_set()", "semaphore": ".locked()", "future": ".done()",
         "condition": ".locked()", "barrier": ".n_waiting", "task": ".keys()"}


@noise(ASYNC)
def poller(b):
    """Only looks at what others wait for."""
    found = [r for r in b.resources if not r.sync and r.kind in READS]
    if not found:
        return False
    r = found[0]
    a = Actor(b, "poller", [r], lambda x: ["while True:", ["state = %s%s" % (x, READS[r.kind]), "await asyncio.sleep(%s)" % period(b, "poller"), "del state"]])
    start(b, a)


@noise(ASYNC)
def idle_workers(b):
    """Workers of another queue whose producer is alive, and slow."""
    r = resource(b, "idle queue", "queue", "asyncio.Queue()")
    a = Actor(b, "idle worker", [r], lambda x: ["while True:", ["await %s.get()" % x, "%s.task_done()" % x]])
    p = Actor(b, "idle producer", [r], lambda x: ["while True:", ["await asyncio.sleep(%s)" % period(b, "idle"), "await %s.put(1)" % x]])
    for n in range(b.choose("idle", [1, 2, 3])):
        start(b, a, label="idle worker %d" % n)
    start(b, p)


@noise(ASYNC)
def live_queue(b):
    r = resource(b, "live queue", "queue", "asyncio.Queue(2)")
    a = Actor(b, "live worker", [r], lambda x: ["while True:", ["await %s.get()" % x, "await asyncio.sleep(0.02)"]])
    p = Actor(b, "live producer", [r], lambda x: ["while True:", ["await %s.put(1)" % x, "await asyncio.sleep(0.05)"]])
    start(b, a)
    start(b, p)


@noise(ASYNC)
def other_lock(b):
    r = resource(b, "other lock", "lock", "asyncio.Lock()")
    a = Actor(b, "other user", [r], lambda x: ["while True:", ["async with %s:" % x, ["await asyncio.sleep(0.05)"], "await asyncio.sleep(0.2)"]])
    start(b, a)


@noise(ASYNC)
def idle_server(b):
    """A server that listens, with a client that says nothing."""
    name, variable = b.names.function("server"), b.names.variable("server")
    b.function(b.main, ["async def %s(reader, writer):" % name, "    while await reader.readline():", '        writer.write(b"ok\\n")'])
    b.starts += ["%s = await asyncio.start_server(%s, \"127.0.0.1\", 0)" % (variable, name),
                 "%s_client = await asyncio.open_connection(*%s.sockets[0].getsockname())" % (variable, variable)]


@noise(ASYNC)
def timers(b):
    """A callback that schedules itself again."""
    name = b.names.function("timer")
    b.function(b.main, ["def %s(loop):" % name, "    loop.call_later(%s, %s, loop)" % (period(b, "timer"), name)])
    b.starts.append("%s(asyncio.get_running_loop())" % name)


@noise(ANY)
def thread_sleeper(b):
    a = Actor(b, "sleeper", [], lambda: ["while True:", ["time.sleep(%s)" % period(b, "thread")]], sync=True)
    start(b, a)


@noise(ANY)
def other_loop(b):
    """A loop in another thread, with its own timer."""
    f, t = b.names.function("other loop"), b.names.function("other thread")
    b.function(b.main, ["async def %s():" % f, "    while True:", "        await asyncio.sleep(%s)" % period(b, "loop")])
    b.function(b.main, ["def %s():" % t, "    asyncio.run(%s())" % f])
    b.starts.append('threading.Thread(target=%s, name="%s", daemon=True).start()' % (t, b.names.task("other loop")))


@noise(ANY)
def idle_pool(b):
    variable = b.names.variable("pool")
    b.starts += ["%s = concurrent.futures.ThreadPoolExecutor(2)" % variable, "%s.submit(time.sleep, 0.01)" % variable]


@noise(ANY)
def joiner(b):
    """A thread that only waits for the end of another, which sleeps."""
    a = Actor(b, "joined", [], lambda: ["while True:", ["time.sleep(%s)" % period(b, "joined")]], sync=True)
    start(b, a)
    b.starts.append('threading.Thread(target=%s.join, name="%s", daemon=True).start()' % (a.variable, b.names.task("joiner")))


@noise(ANY)
def thread_queue(b):
    """Threads with a live queue between them."""
    r = resource(b, "thread queue", "queue", "queue.Queue(5)", sync=True)
    a = Actor(b, "thread worker", [r], lambda x: ["while True:", ["%s.get()" % x]], sync=True)
    p = Actor(b, "thread producer", [r], lambda x: ["while True:", ["time.sleep(%s)" % period(b, "thread queue"), "%s.put(1)" % x]], sync=True)
    start(b, a)
    start(b, p)


@noise(ANY)
def thread_heartbeat_method(b):
    """Of the object that has the threads' lock or queue."""
    owners = [r.owner for r in b.resources if r.owner and r.sync]
    if not owners:
        return False
    c, place = owners[0]
    c.methods.append(["def heartbeat(self):", "    self.beats = 0", "    while True:",
                      "        time.sleep(%s)" % period(b, "thread method"), "        self.beats += 1"])
    b.starts.append('threading.Thread(target=%s.heartbeat, name="heartbeat", daemon=True).start()' % place)


@noise(ANY)
def thread_poller(b):
    """Only looks at what threads wait for."""
    reads = {"queue": ".qsize()", "event": ".is_set()", "task": ".keys()"}
    found = [r for r in b.resources if r.sync and r.kind in reads]
    if not found:
        return False
    r = found[0]
    a = Actor(b, "thread poller", [r], lambda x: ["while True:", ["state = %s%s" % (x, reads[r.kind]), "time.sleep(%s)" % period(b, "thread poller"), "del state"]], sync=True)
    start(b, a)
