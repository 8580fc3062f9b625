"""Mechanisms with asyncio."""
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

@mech
def lock_cycle_two(g):
    L, gr = shape(g, "asyncio", ["a", "b"]), Grip(g, "asyncio")
    inner = gr.block(L.ex("b"), ["await asyncio.sleep(0.05)"])
    dec, cal = ([], inner)
    g.w["par"] = L.par; g.w["arg"] = L.arg
    sub = []
    if g.chance(0.6):
        dec, cal = call(g, "write_$r2", L.par.rstrip(", "), True)
        sub = ["async def write_$r2(" + L.par.rstrip(", ") + "):"] + ind(inner)
    o1 = gr.block(L.ex("a"), ["await asyncio.sleep(0.2)"] + cal)
    o2 = only("H", gr.block(L.ex("b"), ["await asyncio.sleep(0.2)"] + gr.block(L.ex("a"), ["await asyncio.sleep(0.05)"])))
    o2 += only("T", gr.block(L.ex("a"), ["await asyncio.sleep(0.2)"] + gr.block(L.ex("b"), ["await asyncio.sleep(0.05)"])))
    b = B(g, L, gr, probe=L.ex("a") + ".locked()", o1=o1, o2=o2, sub=sub, dec=dec, spawn='''
        asyncio.create_task($do(${arg}$n), name="$t1"),
        asyncio.create_task($do2(${arg}$n1), name="$t2"),''')
    if g.chance(0.6): b["o2"] = [x.replace("sleep(0.2)", "sleep($slow)") if x.startswith("T|") else x for x in b["o2"]]
    return P(g, '''
    %decl%
    %grip%
    %sub%
    %dec%
    async def $do(${par}number):
        while True:
            %o1%
            $tally("$do %d" % number)
            await asyncio.sleep(0.3)


    async def $do2(${par}number):
        while True:
            %o2%
            $tally("$do2 %d" % number)
            await asyncio.sleep(0.3)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[who("t1", "$do"), who("t2", "$do2"), L.label("a", "b")], nots=HELD,
    truth="$t1 holds $a and waits for $b, $t2 holds $b and waits for $a.", twin="both tasks take $a before $b, in rounds for ever.")

@mech
def lock_ring(g):
    n = g.pick(3, 3, 4); keys = ["a", "b", "c"] if n == 3 else ["a", "b", "c", "d"]
    g.w["d"] = "spare_" + g.w["r1"]
    L, gr = shape(g, "asyncio", keys, deny=("contextvar",)), Grip(g, "asyncio")
    T = ["t1", "t2", "t3", "t4"][:n]
    g.w["par"] = L.par; g.w["arg"] = L.arg
    names = [g.w[k] for k in keys]
    pairs = [(i, (i + 1) % n) for i in range(n)]
    table = "ROUTES = {" + ", ".join(f'"{g.w[T[i]]}": ({i}, {j})' for i, j in pairs) + "}"
    g.w["picked"] = "[" + ", ".join(L.ex(k) for k in keys) + "]"
    body = gr.block("first", ["await asyncio.sleep(0.1)"] + gr.block("second", ["await asyncio.sleep(0.05)"]))
    b = B(g, L, gr, probe=L.ex("b") + ".locked()", body=body, table=[table],
          spawn=[f'asyncio.create_task(move({L.arg}"{g.w[t]}"), name="{g.w[t]}"),' for t in T])
    return P(g, '''
    %decl%
    %grip%
    # which two parts a job needs, in the order of its work
    %table%


    async def move(${par}job):
        everything = $picked
        while True:
            wanted = ROUTES[job]
    T|        wanted = sorted(wanted)
            first, second = (everything[i] for i in wanted)
            %body%
            $tally(job)
            await asyncio.sleep(0.1)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:$t3", "why:re:\\bmove\\b"], L.label(*keys) + ["why:first", "why:second"]], nots=HELD,
    truth=f"{n} tasks in move() wait in a circle, each for the lock that the next one holds.", twin="the locks are taken in sorted order, in rounds for ever.")

@mech
def nested_decorator(g):
    L = shape(g, "asyncio", ["a"], allow=["attr", "dataclass", "mixin", "slots"]); L.helper = False
    g.w["par"] = L.par
    # methods: put them in the class below a base
    g.w["Base"] = g.w["Cls"]; g.w["Real"] = g.pick("Safe", "Shared", "Live") + g.w["Cls"]
    L.setup = [f"{g.w['ctx']} = {g.w['Real']}()"]
    b = B(g, L, probe=f"{g.w['ctx']}.{g.w['a']}.locked()", spawn='''
        asyncio.create_task(worker($ctx, $n), name="$t1"),
        asyncio.create_task(worker($ctx, $n1), name="$t2"),''')
    return P(g, '''
    %decl%
    def serialized(method):
        @wraps(method)
        async def wrapper(self, *args):
            async with self.$a:  #@
                return await method(self, *args)  #@
        return wrapper


    class $Real($Base):
        @serialized
        async def $do(self, number):
            await asyncio.sleep(0.1)
            if number % 2:
                await self.$do2(number)  #@
            return number

    H|    @serialized  #@
        async def $do2(self, number):  #@
            await asyncio.sleep(0.05)


    async def worker($ctx, number):
        while True:
            await $ctx.$do(number)  #@
            $tally("$do %d" % number)
            number += 1
            await asyncio.sleep(0.2)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:re:\\bworker\\b", "why:re:\\b($do|$do2)\\b"], "why:$a"], nots=HELD,
    truth="$do() runs under $a (decorator) and calls $do2(), which takes $a again: a task waits for a lock that it holds itself.", twin="$do2 is not decorated; the workers go on in rounds.")

@mech
def nested_super(g):
    b = B(g, None, probe="$ctx.$a.locked()", tasks="tasks", spawn='''
        asyncio.create_task(feed($ctx, "$r2"), name="$t1"),
        asyncio.create_task(feed($ctx, "$r3"), name="$t2"),''')
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$a = asyncio.Lock()
            self.$things = {}

        async def store(self, key, value):
            async with self.$a:  #@
                await asyncio.sleep(0.05)
                self.$things[key] = value


    class Audited$Cls($Cls):
        """Keeps the old value as well."""

        def __init__(self):
            super().__init__()
            self.old = {}

        async def store(self, key, value):
    H|        async with self.$a:  #@
    H|            self.old[key] = self.$things.get(key)
    H|            await super().store(key, value)  #@
    T|        async with self.$a:
    T|            self.old[key] = self.$things.get(key)
    T|        await super().store(key, value)


    async def feed($ctx, key):
        value = 0
        while True:
            await $ctx.store(key, value)  #@
            value += 1
            $tally(key)
            await asyncio.sleep(0.3)
    %noise_defs%


    async def main():
        $ctx = Audited$Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\bfeed\\b", "why:re:\\bstore\\b"], "why:$a"], nots=HELD,
    truth="Audited$Cls.store() holds $a and calls super().store(), which waits for $a.", twin="the lock is given back before super().store().")

@mech
def nested_contextmanager(g):
    b = B(g, None, probe="$ctx.$a.locked()", spawn='''
        asyncio.create_task($do($ctx, $n), name="$t1"),
        asyncio.create_task($do2($ctx), name="$t2"),''')
    return P(g, '''
    @dataclass
    class $Cls:
        $a: asyncio.Lock = field(default_factory=asyncio.Lock)
        rows: list = field(default_factory=list)

        @asynccontextmanager
        async def transaction(self):
            await self.$a.acquire()  #@
            rows = list(self.rows)
            try:
                yield rows
                self.rows = rows
            finally:
                self.$a.release()


    async def renumber($ctx, rows):
    H|    async with $ctx.transaction() as rows:  #@
    H|        rows.sort()
    T|    rows.sort()
        await asyncio.sleep(0.01)


    async def $do($ctx, number):
        while True:
            async with $ctx.transaction() as rows:  #@
                rows.append(number)
                if len(rows) > 3:
                    await renumber($ctx, rows)  #@
                    rows.clear()
            number += 1
            $tally("$do")
            await asyncio.sleep(0.1)


    async def $do2($ctx):
        while True:
            await asyncio.sleep(0.7)
            async with $ctx.transaction() as rows:
                rows[:] = rows[:2]
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\b$do\\b", "why:renumber"], "why:$a"], nots=HELD,
    truth="$t1 holds $a by transaction() and opens a second transaction() in renumber().", twin="renumber() uses the rows it was given.")

@mech
def leak_early_return(g):
    L = shape(g, "asyncio", ["a"])
    b = B(g, L, probe=L.ex("a") + ".locked()", spawn='''
        asyncio.create_task(worker(${arg}inbox), name="$t1"),
        asyncio.create_task(worker(${arg}inbox), name="$t2"),
        asyncio.create_task(source(inbox), name="source"),''')
    b["setup"] = b["setup"] + ["inbox = asyncio.Queue()"]
    g.w["lock"] = L.ex("a")
    return P(g, '''
    %decl%
    SEEN = set()


    async def $do(${par}number):
        await $lock.acquire()  #@
        if number in SEEN:
    T|        $lock.release()
            return "duplicate"  #@
        SEEN.add(number)
        await asyncio.sleep(0.02)
        $lock.release()
        return "new"


    async def worker(${par}inbox):
        while True:
            number = await inbox.get()
            verdict = await $do(${arg}number)  #@
            $tally("$thing %s: %s" % (number, verdict))


    async def source(inbox):
        for i in itertools.count():
            inbox.put_nowait(i % 5)
            await asyncio.sleep(0.1)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if L.kind in ("global", "dict", "classattr", "contextvar") or "poller" in g.noise else ["hung"], must=[["why:$t1", "why:$t2", "why:re:\\bworker\\b", "why:re:\\b$do\\b"], L.label("a")], nots=[],
    truth="$do() returned early for a duplicate without releasing $a; both workers wait for a lock that nobody will give back.", twin="the early return releases the lock.")

@mech
def sem_leak_exception(g):
    n = g.pick(2, 3)
    L = shape(g, "asyncio", ["r1"], ctor=f"asyncio.Semaphore({n})", deny=("stripes", "lockfor")); g.w["sem"] = L.ex("r1"); g.w["cap"] = n
    b = B(g, L, probe=L.ex("r1") + ".locked()", spawn='''
        asyncio.create_task(run_all(${arg}range($n, 10**9)), name="$t1"),
        asyncio.create_task(run_all(${arg}range(1000, 10**9)), name="$t2"),''')
    return P(g, '''
    %decl%
    class Rejected(Exception):
        pass


    async def transmit(number):
        await asyncio.sleep(0.02)
        if number % 4 == 1:
            raise Rejected(number)


    async def $do(${par}number):
        await $sem.acquire()  #@
    H|    await transmit(number)  #@
    H|    $sem.release()
    T|    try:
    T|        await transmit(number)
    T|    finally:
    T|        $sem.release()


    async def run_all(${par}numbers):
        rejected = 0
        for number in numbers:
            try:
                await $do(${arg}number)  #@
            except Rejected:
                rejected += 1
            else:
                $tally("$thing %d" % number)
            await asyncio.sleep(0.02)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if L.kind in ("global", "dict", "classattr", "contextvar") or "poller" in g.noise else ["hung"], must=[["why:$t1", "why:$t2", "why:run_all", "why:re:\\b$do\\b"], L.label("r1")],
    truth="the permits of the semaphore $r1 ($cap) were lost: $do() does not release when transmit() raises Rejected.", twin="released in finally.")

@mech
def dead_consumer(g):
    n = g.pick(1, 3, 5)
    g.w["cap"] = n
    L = shape(g, "asyncio", ["r1"], ctor=f"asyncio.Queue({n})", deny=("stripes", "lockfor", "defaultarg")); g.w["q"] = L.ex("r1")
    b = B(g, L, probe=L.ex("r1") + ".qsize()", dies=True, spawn='''
        asyncio.create_task(produce(${arg}"$r2"), name="$t1"),
        asyncio.create_task(produce(${arg}"$r3"), name="$t2"),
        asyncio.create_task(consume($ARG), name="$t3"),''')
    g.w["ARG"] = L.arg.rstrip(", "); g.w["PAR"] = L.par.rstrip(", ")
    return P(g, '''
    %decl%
    def parse(raw):
        kind, number = raw.split(":")
        return kind, int(number)  #@


    async def produce(${par}kind):
        for i in itertools.count():
            number = i if i != 4 else ""
            await $q.put("%s:%s" % (kind, number))  #@
            $tally("%s %s" % (kind, number))
            await asyncio.sleep(0.01)


    async def consume($PAR):
        counts = defaultdict(int)
        while True:
            raw = await $q.get()
    H|        kind, number = parse(raw)  #@
    T|        try:
    T|            kind, number = parse(raw)
    T|        except ValueError:
    T|            await asyncio.sleep($slow)
    T|            continue
            counts[kind] += 1
            await asyncio.sleep(0.01)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if L.kind in ("global", "dict", "classattr", "contextvar") or "poller" in g.noise else ["hung"],
    must=[["why:$t1", "why:$t2", "why:re:\\bproduce\\b"]], nots=[],
    truth="the producers wait to put into the full queue $r1 ($cap); its only consumer $t3 died of ValueError in parse().", twin="the consumer survives a bad line, pauses $slow s and goes on.")

@mech
def queue_join(g):
    b = B(g, None, probe="len($ctx.seen)", deny=("poller",), tasks="tasks", spawn='''
        asyncio.create_task($ctx.worker(), name="$t1"),
        asyncio.create_task($ctx.worker(), name="$t2"),''')
    b["end"] = ["await batch", ] if g.chance(0.5) else ["await asyncio.wait([batch])"]
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$things = asyncio.Queue()
            self.seen = set()

        async def worker(self):
            while True:
                $thing = await self.$things.get()
                if $thing in self.seen:
    T|                self.$things.task_done()
                    continue  #@
                self.seen.add($thing)
                await asyncio.sleep(0.01)
                self.$things.task_done()

        async def $do(self, batch):
            for $thing in batch:
                self.$things.put_nowait($thing)
            await self.$things.join()  #@


    async def all_batches($ctx):
        for day in itertools.count():
            await $ctx.$do([day, day + 1, day + 2])  #@
            $tally("day %d" % day)
            await asyncio.sleep(0.2)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        batch = asyncio.create_task(all_batches($ctx), name="$t3")
        await asyncio.sleep(1)
        print("READY", flush=True)
        %end%
        for task in tasks:
            task.cancel()


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t3", "why:all_batches", "why:re:\\b$do\\b"], ["why:$things", "why:re:task_done|join"]],
    truth="$t3 waits in $things.join() for task_done() calls that worker() skips for a duplicate; the queue is empty and both workers wait at get().", twin="task_done() is called on both paths.")

@mech
def mutual_full(g):
    b = B(g, None, deny=("poller",), spawn='''
        asyncio.create_task($do(up, down), name="$t1"),
        asyncio.create_task($do2(up, down), name="$t2"),''')
    g.w["cap"] = g.pick(1, 2, 4)
    return P(g, '''
    BATCH = 3 * $cap


    async def $do(up, down):
        """Asks for a batch, then takes the answers."""
        while True:
            for i in range(BATCH):
                await up.put(("ask", i))  #@
            for i in range(BATCH):
                await down.get()
            $tally("batch")
            await asyncio.sleep(0.1)


    async def $do2(up, down):
        while True:
            kind, number = await up.get()
            for part in range(2 if kind == "ask" else 1):
                await down.put((number, part))  #@
    T|            if part:
    T|                await down.get()
    %noise_defs%


    async def main():
        up = asyncio.Queue($cap)  #@
    H|    down = asyncio.Queue($cap)  #@
    T|    down = asyncio.Queue()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[who("t1", "$do"), who("t2", "$do2")], nots=[],
    truth="$t1 waits to put into the full queue up that only $t2 empties, $t2 to put into the full queue down that only $t1 empties.", twin="down is unbounded.")

@mech
def wrong_condition(g):
    b = B(g, None, probe="len($ctx.$things)", spawn='''
        asyncio.create_task(fill($ctx), name="$t1"),
        asyncio.create_task(drain($ctx), name="$t2"),''')
    return P(g, '''
    class $Cls:
        def __init__(self, size):
            self.size = size
            self.$things = deque()
            lock = asyncio.Lock()
            self.not_empty = asyncio.Condition(lock)
            self.not_full = asyncio.Condition(lock)

        async def put(self, $thing):
            async with self.not_full:
                while len(self.$things) >= self.size:
                    await self.not_full.wait()  #@
                self.$things.append($thing)
                self.not_empty.notify()

        async def get(self):
            async with self.not_empty:
                while not self.$things:
                    await self.not_empty.wait()  #@
                $thing = self.$things.popleft()
    H|            self.not_empty.notify()  #@
    T|            self.not_full.notify()
                return $thing


    async def fill($ctx):
        for i in itertools.count():
            await $ctx.put(i)  #@
            $tally("put %d" % i)


    async def drain($ctx):
        while True:
            await $ctx.get()  #@
    H|        await asyncio.sleep(0.01)
    T|        await asyncio.sleep($slow)
    %noise_defs%


    async def main():
        $ctx = $Cls(2)
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"] if "poller" in g.noise else ["hung"], must=[["why:$t1", "why:re:\\bfill\\b", "why:$t2", "why:re:\\bdrain\\b"], ["why:not_full", "why:not_empty"]],
    truth="get() notifies not_empty instead of not_full: fill waits for not_full, drain for not_empty, and nobody is left to notify.", twin="get() notifies the right one; the consumer takes $slow s for each.")

@mech
def no_notify(g):
    b = B(g, None, probe="$ctx.open", spawn='''
        asyncio.create_task($do($ctx, $n), name="$t1"),
        asyncio.create_task($do($ctx, $n1), name="$t2"),
        asyncio.create_task(operator($ctx), name="$t3"),''')
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.open = False
            self.changed = asyncio.Condition()

        async def set_open(self, value):
            async with self.changed:
                self.open = value  #@
    T|            self.changed.notify_all()

        async def until_open(self):
            async with self.changed:
                await self.changed.wait_for(lambda: self.open)  #@


    async def $do($ctx, number):
        while True:
            await $ctx.until_open()  #@
            $tally("$thing %d" % number)
            await asyncio.sleep(0.5)


    async def operator($ctx):
        await asyncio.sleep(0.3)
    H|    await $ctx.set_open(True)  #@
    T|    while True:
    T|        await $ctx.set_open(True)
    T|        await asyncio.sleep(0.6)
    T|        await $ctx.set_open(False)
    T|        await asyncio.sleep($slow)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"] if "poller" in g.noise else ["hung"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b", "why:until_open"], ["why:changed"]],
    truth="set_open() changed the state without notify_all(): two tasks wait for the condition changed, and the operator has ended.", twin="set_open() notifies and the operator opens again every few seconds.")

@mech
def event_replaced(g):
    b = B(g, None, probe="$ctx.ready.is_set()", spawn='''
        asyncio.create_task(customer($ctx, $n), name="$t1"),
        asyncio.create_task(customer($ctx, $n1), name="$t2"),
        asyncio.create_task(reload($ctx), name="$t3"),''')
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.ready = asyncio.Event()
            self.version = 0

        async def refresh(self):
    H|        self.ready = asyncio.Event()  #@
    T|        self.ready.clear()
            await asyncio.sleep(0.1)
            self.version += 1
            self.ready.set()

        async def current(self):
            await self.ready.wait()  #@
            return self.version


    async def customer($ctx, number):
        while True:
            version = await $ctx.current()  #@
            $tally("%d saw %d" % (number, version))
            await asyncio.sleep(1.5)


    async def reload($ctx):
        await asyncio.sleep(0.2)
        while True:
            await $ctx.refresh()
            await asyncio.sleep(4)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:re:\\bcustomer\\b", "why:re:\\bcurrent\\b"]], nots=[],
    truth="both customers wait for the first Event, which refresh() replaced by a new one: $ctx.ready is another object, set already.", twin="the event is cleared and set again.")

@mech
def reader_dead(g):
    b = B(g, None, probe="len($ctx.pending)", dies=True, spawn='''
        $ctx.reader,
        asyncio.create_task($do($ctx, $n), name="$t1"),
        asyncio.create_task($do($ctx, $n1), name="$t2"),''')
    return P(g, '''
    class ${Cls}Client:
        """Requests by number over one link; answers may come in any order."""

        def __init__(self, link):
            self.link = link
            self.ids = itertools.count(1)
            self.pending = {}
            self.reader = asyncio.create_task(self.read_replies(), name="reader")

        async def read_replies(self):
            while True:
                line = await self.link.get()
                number, _, payload = line.partition(" ")
    H|            future = self.pending.pop(int(number))  #@
    T|            future = self.pending.pop(int(number), None) if number.isdigit() else None
    T|            if future is None:
    T|                await asyncio.sleep($slow)
    T|                continue
                future.set_result(payload)

        async def ask(self, text):
            number = next(self.ids)
            future = asyncio.get_running_loop().create_future()
            self.pending[number] = future  #@
            reply = "%d %s" % (number, text.upper()) if number != 5 else "KEEPALIVE"
            self.link.put_nowait(reply)
    T|        if number == 5:
    T|            self.link.put_nowait("5 late")
            return await future  #@


    async def $do($ctx, number):
        while True:
            await $ctx.ask("$thing-%d" % number)  #@
            $tally("$do %d" % number)
            await asyncio.sleep(0.1)
    %noise_defs%


    async def main():
        $ctx = ${Cls}Client(asyncio.Queue())
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b", "why:re:\\bask\\b"], ["why:pending", "why:read_replies", "why:reader"]],
    truth="the requests wait for futures in pending which only reader could set; it died of ValueError for a keepalive line.", twin="reader skips the keepalive, pauses $slow s and goes on.")

@mech
def wrong_key(g):
    b = B(g, None, probe="len($ctx.waiting)", spawn='''
        asyncio.create_task($ctx.dispatch(), name="dispatch"),
        asyncio.create_task(backend($ctx), name="backend"),
        asyncio.create_task($do($ctx, $n), name="$t1"),
        asyncio.create_task($do($ctx, $n1), name="$t2"),''')
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.requests = asyncio.Queue()
            self.replies = asyncio.Queue()
            self.waiting = {}

        async def dispatch(self):
            while True:
                reply = json.loads(await self.replies.get())
    H|            future = self.waiting.pop(reply["id"], None)  #@
    T|            future = self.waiting.pop(int(reply["id"]), None)
                if future is not None:
                    future.set_result(reply["value"])

        async def ask(self, number):
            self.waiting[number] = future = asyncio.get_running_loop().create_future()  #@
            self.requests.put_nowait(json.dumps({"id": str(number)}))  #@
            return await future  #@


    async def backend($ctx):
        while True:
            request = json.loads(await $ctx.requests.get())
            await asyncio.sleep(0.05)
            $ctx.replies.put_nowait(json.dumps(dict(request, value=1)))


    async def $do($ctx, number):
        while True:
            await $ctx.ask(number)  #@
            $tally("$thing %d" % number)
            await asyncio.sleep(0.4)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b", "why:re:\\bask\\b"]],
    truth="the replies' ids are strings, the table's keys ints: the futures in waiting are never set, and dispatch and backend wait at empty queues.", twin="the id is made an int.")

@mech
def single_flight_cancelled(g):
    b = B(g, None, probe="len($ctx.loading)", dies=True, spawn='''
        asyncio.create_task(view($ctx, 2), name="$t1"),
        asyncio.create_task(view($ctx, 3), name="$t2"),''')
    b["end"] = ["await asyncio.sleep(0.05)", "first.cancel()"] + b["end"]
    return P(g, '''
    class $Cls:
        """Loads each $thing once, however many ask for it."""

        def __init__(self):
            self.loading = {}

        async def fetch(self, key):
            await asyncio.sleep(0.4)
            return {"$thing": key}

        async def load(self, key):
            if key in self.loading:
                return await self.loading[key]  #@
            self.loading[key] = future = asyncio.get_running_loop().create_future()  #@
            try:
                value = await self.fetch(key)  #@
    H|        except Exception as e:  #@
    T|        except BaseException as e:
                self.loading.pop(key)
                future.set_exception(e if isinstance(e, Exception) else LookupError(key))
                raise
            self.loading.pop(key)
            future.set_result(value)
            return value


    async def view($ctx, number):
        while True:
            with suppress(LookupError):
                await $ctx.load("today")  #@
                $tally("view %d" % number)
            await asyncio.sleep(0.1)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        first = asyncio.create_task(view($ctx, 1), name="$t3")
        await asyncio.sleep(0)
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"] if "poller" in g.noise else ["hung"], must=[["why:$t1", "why:$t2", "why:re:\\bview\\b", "why:re:\\bload\\b"]], nots=[],
    truth="the task that loaded was cancelled in fetch(); `except Exception` does not see that, so the shared future in loading is never set and two views wait for it.", twin="BaseException is handled: the waiters load again.")

@mech
def await_circle(g):
    n = g.pick(2, 3)
    T = ["t1", "t2", "t3"][:n]
    b = B(g, None, deny=("poller",), tasks="tasks", spawn=[])
    names = [g.w[t] for t in T]
    needs = [f'    "{names[i]}": ["{names[(i + 1) % n]}"],' if i < n - 1 else f'H|    "{names[i]}": ["{names[0]}"],  #@' for i in range(n)] + [f'T|    "{names[-1]}": [],']
    b["needs"] = needs
    return P(g, '''
    NEEDS = {
    %needs%
    }
    JOBS = {}


    async def build(name):
        for other in NEEDS[name]:
            await JOBS[other]  #@
        await asyncio.sleep(0.05)
        $tally(name)
        return name


    async def build_all():
        for name in NEEDS:
            JOBS[name] = asyncio.create_task(build(name), name=name)
        return await asyncio.gather(*JOBS.values())
    %noise_defs%


    async def rounds():
        while True:
            await build_all()
            await asyncio.sleep(0.5)


    async def main():
        %noise%
        tasks = [asyncio.create_task(rounds(), name="rounds")]
        await asyncio.sleep(0)
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:build"]],
    truth="the tasks " + ", ".join("$" + t for t in T) + " of build() await each other in a circle.", twin="the last one needs nothing; builds in rounds.")

@mech
def awaits_parent(g):
    b = B(g, None, deny=("poller",), spawn=[])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.tasks = set()

        def spawn(self, coro, name):
            task = asyncio.create_task(coro, name=name)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
            return task

        async def settle_all(self):
            """Waits until everything else is done."""
            me = asyncio.current_task()
    H|        others = [t for t in self.tasks if t is not me]  #@
    T|        others = [t for t in self.tasks if t is not me and not t.get_name().startswith("$do")]
            await asyncio.gather(*others)  #@


    async def $do2($ctx, number):
        await asyncio.sleep(0.1)
        if number == 2:
            await $ctx.settle_all()  #@


    async def $do($ctx):
        while True:
            children = [$ctx.spawn($do2($ctx, i), "$do2-%d" % i) for i in range(3)]
            await asyncio.wait(children)  #@
            $tally("round")
            await asyncio.sleep(0.3)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [$ctx.spawn($do($ctx), "$t1")]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\b$do\\b"], ["why:$do2-2", "why:settle_all"]],
    truth="$t1 waits for its child $do2-2, which waits in settle_all() for $t1.", twin="settle_all() leaves the parent out.")

@mech
def cancel_swallowed(g):
    b = B(g, None, deny=("poller",), spawn=[])
    exc = g.pick("BaseException", "asyncio.CancelledError"); g.w["exc"] = exc
    g.w["pre"] = "H" 
    return P(g, '''
    class ${Thing}Worker:
        def __init__(self, name):
            self.inbox = asyncio.Queue()
            self.task = asyncio.create_task(self.run(), name=name)

        async def run(self):
            while True:
                try:
                    $thing = await self.inbox.get()  #@
                    await asyncio.sleep(0.01)
    H|            except $exc as e:  #@
    H|                print("retry after", repr(e), file=sys.stderr)  #@
    T|            except $exc:
    T|                await asyncio.sleep($slow)
    T|                raise

        async def stop(self):
            self.task.cancel()
            try:
                await self.task  #@
            except asyncio.CancelledError:
                pass


    async def restarts():
        while True:
            worker = ${Thing}Worker("$t1")
            for i in range(3):
                worker.inbox.put_nowait(i)
            await asyncio.sleep(0.2)
            await worker.stop()  #@
            $tally("stopped")
    %noise_defs%


    async def main():
        %noise%
        tasks = [asyncio.create_task(restarts(), name="$t2")]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:re:\\brun\\b"], ["why:$t2", "why:restarts", "why:re:\\bstop\\b"]],
    truth="stop() cancelled $t1 and waits for it, but run() swallowed the cancellation and waits at its empty inbox again.", twin="the worker takes $slow s to clean up, then ends; a new one is started.")

@mech
def shielded_retry(g):
    b = B(g, None, probe="$ctx.$a.locked()", spawn='''
        asyncio.create_task(customer($ctx), name="$t1"),''')
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$a = asyncio.Lock()
            self.confirmed = asyncio.Event()

        async def $do(self):
            async with self.$a:  #@
                self.confirmed.clear()
    H|            await self.confirmed.wait()  #@
    T|            await asyncio.sleep($slow)
                return "done"

        async def confirm(self):
            async with self.$a:  #@
                self.confirmed.set()


    async def customer($ctx):
        while True:
            work = asyncio.ensure_future($ctx.$do())
            try:
                await asyncio.wait_for(asyncio.shield(work), 0.3)
            except asyncio.TimeoutError:
                await $ctx.confirm()  #@
            $tally(await work)
    %noise_defs%


    async def main():
        $ctx = $Cls()
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\bcustomer\\b", "why:re:\\bconfirm\\b"], ["why:$a", "why:confirmed"]], nots=HELD,
    truth="the shielded $do() holds $a and waits for confirmed; confirm(), the only one who sets it, waits for $a.", twin="$do() takes $slow s and gives the lock back.")

@mech
def barrier_short(g):
    b = B(g, None, probe="$ctx.count", spawn='''
        *(asyncio.create_task($do(gate, i), name="$do-%d" % i) for i in range(PARTIES) if WANTED(i)),''')
    b["noise"] = [x.replace("$ctx.count", "gate.count") for x in b["noise"]]
    return P(g, '''
    class Gate:
        """All parties go on together."""

        def __init__(self, parties):
            self.parties = parties
            self.count = 0
            self.round = asyncio.get_running_loop().create_future()

        async def arrive(self):
            self.count += 1
            if self.count == self.parties:
                old, self.round = self.round, asyncio.get_running_loop().create_future()
                self.count = 0
                old.set_result(None)
            else:
                await self.round  #@


    PARTIES = 4


    def WANTED(i):
    H|    return i != 2  #@
    T|    return True


    async def $do(gate, number):
        while True:
            await asyncio.sleep(0.1)
    T|        if number == 2:
    T|            await asyncio.sleep($slow)
            await gate.arrive()  #@
            $tally("$thing %d" % number)
    %noise_defs%


    async def main():
        gate = Gate(PARTIES)  #@
        %noise%
        tasks = [
            %spawn%  #@
        ]
        %end%


    asyncio.run(main())
    '''.replace("%spawn%  #@", "%spawn%"), b, verdict=["hung", "waiting"], must=[["why:$do-0", "why:$do-1", "why:$do-3", "why:re:\\b$do\\b", "why:arrive"]],
    truth="three of four parties wait at the gate; the fourth was never started.", twin="the fourth comes every $slow s.")

@mech
def loop_blocked_by_thread(g):
    L = shape(g, "threading", ["a"], allow=["attr", "global", "dict", "classattr", "closure", "dataclass", "slots"]); g.w["lock"] = L.ex("a")
    b = B(g, L, deny=("poller", "timer", "traffic"), spawn=[])
    g.w["PAR"] = L.par.rstrip(", ")
    b["end"] = ["while True:", "    await asyncio.sleep(0.5)", "    show($PAR)  #@"]
    return P(g, '''
    %decl%
    ROWS = {}


    async def lookup(key):
        await asyncio.sleep(0.01)
        return "$thing %s" % key


    def sync_all(${par}loop):
        for key in itertools.count():
            time.sleep(0.02)
    H|        with $lock:  #@
    H|            time.sleep(0.01 if key < 10 else 0.6)
    H|            future = asyncio.run_coroutine_threadsafe(lookup(key), loop)
    H|            ROWS[key % 10] = future.result()  #@
    T|        future = asyncio.run_coroutine_threadsafe(lookup(key), loop)
    T|        value = future.result()
    T|        with $lock:
    T|            ROWS[key % 10] = value


    def show($PAR):
        with $lock:  #@
            $tally("%d rows" % len(ROWS))
    %noise_defs%


    def ready():
        time.sleep(2)
        print("READY", flush=True)


    async def main():
        %setup%
        %noise%
        loop = asyncio.get_running_loop()
        threading.Thread(target=sync_all, args=(${arg}loop,), name="sync-$things", daemon=True).start()
        threading.Thread(target=ready, daemon=True).start()
        %end%


    asyncio.run(main())
    ''', b, L, verdict=["blocked-loop", "hung"], must=[["why:sync-$things", "why:sync_all"], L.label("a")], nots=HELD,
    truth="the loop's thread waits in show() for $a, held by sync-$things, which waits for a coroutine on this very loop.", twin="the thread takes the lock only after the result.")

@mech
def executor_starved(g):
    n = g.pick(1, 2, 3); g.w["cap"] = n
    b = B(g, None, deny=("poller",), spawn='''
        *(asyncio.create_task($do(i), name="$do-%d" % i) for i in range($cap)),''')
    return P(g, '''
    POOL = ThreadPoolExecutor($cap, thread_name_prefix="$things")
    T|HELPERS = ThreadPoolExecutor(2, thread_name_prefix="helpers")


    def checksum(number):
        time.sleep(0.02)
        return number * 31


    def render(number):
        time.sleep(0.2)
    H|    part = POOL.submit(checksum, number)  #@
    T|    part = HELPERS.submit(checksum, number)
        return part.result()  #@


    async def $do(number):
        loop = asyncio.get_running_loop()
        while True:
            await loop.run_in_executor(POOL, render, number)  #@
            $tally("$thing %d" % number)
            await asyncio.sleep(0.1)
    %noise_defs%


    async def main():
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung"], must=[["why:$do-0", "why:re:\\b$do\\b", "why:re:\\brender\\b", "why:${things}_0", "why:re:$things[_-]\\d"]],
    truth="every thread of POOL ($cap) is in render() and waits for checksum(), which is queued in the same executor.", twin="checksum() has an executor of its own.")

@mech
def forgot_threadsafe(g):
    # no timers and no other tasks: they would wake the loop
    b = B(g, None, spawn=[], deny=tuple(k for k in A_NOISE if k not in ("metrics", "sleeper", "echo")))
    return P(g, '''
    class $Cls:
        def __init__(self, loop):
            self.loop = loop
            self.$things = asyncio.Queue()

        def on_$thing(self, $thing):
            """Called by the driver's thread."""
    H|        self.$things.put_nowait($thing)  #@
    T|        self.loop.call_soon_threadsafe(self.$things.put_nowait, $thing)

        async def $do(self):
            while True:
                $thing = await self.$things.get()  #@
                $tally("%s" % $thing)


    def driver(callback):
        time.sleep(1)
        print("READY", flush=True)
        for number in itertools.count():
            time.sleep(1.2)
            callback(number)  #@
    %noise_defs%


    async def main():
        $ctx = $Cls(asyncio.get_running_loop())
        %noise%
        threading.Thread(target=driver, args=($ctx.on_$thing,), name="driver", daemon=True).start()
        await asyncio.create_task($ctx.$do(), name="$t1")


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:re:\\b$do\\b", "why:$things", "why:driver"]], nots=[g.sub("\\b$things\\b[^\\n]*\\bempty\\b")],
    truth="driver puts into the asyncio queue $things from its thread without call_soon_threadsafe: the loop sleeps in select() and never sees it.", twin="call_soon_threadsafe.")

@mech
def generator_holds_lock(g):
    L = shape(g, "asyncio", ["a"], deny=("contextvar",)); g.w["lock"] = L.ex("a")
    g.w["PAR"] = L.par.rstrip(", ")
    b = B(g, L, probe=L.ex("a") + ".locked()", spawn='''
        asyncio.create_task(preview($ARG, cursors), name="$t1"),
        asyncio.create_task($do(${arg}$n), name="$t2"),''')
    b["spawn"] = [x.replace("$ARG, ", "${arg}") for x in b["spawn"]]
    b["setup"] = b["setup"] + ["cursors = []"]
    return P(g, '''
    %decl%
    async def scan($PAR):
        """All $things, while nobody changes them."""
        async with $lock:  #@
            for number in range(100):
                await asyncio.sleep(0.001)
                yield number  #@


    async def preview(${par}cursors):
        """Shows the first one; more on demand."""
        while True:
            cursor = scan($PAR)
            cursors.append(cursor)
            async for number in cursor:  #@
                if number >= 2:
                    break  #@
    T|        await cursor.aclose()
            await asyncio.sleep(1.2)  #@


    async def $do(${par}number):
        await asyncio.sleep(0.2)
        while True:
            async with $lock:  #@
                await asyncio.sleep(0.02)
            $tally("$thing %d" % number)
            await asyncio.sleep(0.3)
    %noise_defs%
    '''+ MAIN, b, L, verdict=["hung"], must=[["why:$t2", "why:re:\\b$do\\b"], L.label("a") + ["why:re:\\bscan\\b"]], nots=[],
    truth="the async generator scan() is suspended at its yield with $a held; preview() broke off the loop and keeps the generator in cursors. $t2 (and then preview itself) waits for $a.", twin="the generator is closed after the break.")

@mech
def pool_items_lost(g):
    n = g.pick(2, 3); g.w["cap"] = n
    b = B(g, None, probe="len($ctx.free)", dies=False, spawn='''
        *(asyncio.create_task(worker($ctx, i), name="$do-%d" % i) for i in range($cap + 1)),''')
    return P(g, '''
    class Connection:
        def __init__(self, number):
            self.number = number

        async def execute(self, statement):
            await asyncio.sleep(0.02)
            if "%" in statement:
                raise ValueError("bad statement: " + statement)
            return statement


    class $Cls:
        """A few connections for all."""

        def __init__(self, size):
            self.free = [Connection(i) for i in range(size)]
            self.waiters = deque()

        async def acquire(self):
            if self.free:
                return self.free.pop()
            waiter = asyncio.get_running_loop().create_future()
            self.waiters.append(waiter)
            return await waiter  #@

        def release(self, connection):
            while self.waiters:
                waiter = self.waiters.popleft()
                if not waiter.done():
                    waiter.set_result(connection)
                    return
            self.free.append(connection)


    async def $do($ctx, statement):
        connection = await $ctx.acquire()  #@
    H|    result = await connection.execute(statement)  #@
    H|    $ctx.release(connection)
    H|    return result
    T|    try:
    T|        return await connection.execute(statement)
    T|    finally:
    T|        $ctx.release(connection)


    async def worker($ctx, number):
        for i in itertools.count():
            try:
                await $ctx_do
            except ValueError:
                continue
            $tally("$thing %d.%d" % (number, i))
            await asyncio.sleep(0.02)
    %noise_defs%


    async def main():
        $ctx = $Cls($cap)
        %noise%
        tasks = [
            %spawn%
        ]
        %end%


    asyncio.run(main())
    '''.replace("await $ctx_do", 'await $do($ctx, "select %s" % ("1" if i % 3 else "100%"))  #@'), b, verdict=["hung", "waiting"] if "poller" in g.noise else ["hung"],
    must=[["why:$do-0", "why:$do-1", "why:$do-2", "why:re:\\bworker\\b", "why:re:\\b$do\\b", "why:acquire"]],
    truth="all $cap connections are lost: $do() does not give one back when execute() raises; the workers wait for futures in waiters.", twin="given back in finally.")

@mech
def semaphore_recursion(g):
    n = g.pick(2, 3); g.w["cap"] = n
    L = shape(g, "asyncio", ["r1"], ctor=f"asyncio.Semaphore({n})", deny=("stripes", "lockfor")); g.w["sem"] = L.ex("r1"); g.w["PAR"] = L.par.rstrip(", ")
    b = B(g, L, probe=L.ex("r1") + ".locked()", spawn='''
        asyncio.create_task(rounds($ARG), name="$t1"),''')
    g.w["ARG"] = L.arg.rstrip(", ")
    return P(g, '''
    %decl%
    TREE = {"": ["a", "b", "c"], "a": ["a1", "a2"], "b": ["b1", "b2"], "c": ["c1"]}


    async def $do(${par}path):
        async with $sem:  #@
            await asyncio.sleep(0.05)
            children = TREE.get(path, ())
    H|        await asyncio.gather(*($do(${arg}child) for child in children))  #@
    T|    await asyncio.gather(*($do(${arg}child) for child in children))


    async def rounds($PAR):
        while True:
            await $do(${arg}"")  #@
            $tally("tree")
            await asyncio.sleep(0.3)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[["why:$t1", "why:rounds", "why:re:\\b$do\\b"], L.label("r1") + ["why:re:(?i)semaphore"]], nots=HELD,
    truth="$do() holds a permit of the semaphore $r1 ($cap) while it gathers its children, which need one each.", twin="the permit is given back before the children are started.")

@mech
def lock_and_queue(g):
    L = shape(g, "asyncio", ["a"]); g.w["lock"] = L.ex("a")
    gr = Grip(g, "asyncio")
    g.w["q"] = g.pick("replies", "results", "acks")
    o1 = only("H", gr.block(L.ex("a"), ['requests.put_nowait(number)', "await $q.get()  #@"])) + only("T", ['requests.put_nowait(number)', "await $q.get()"] + gr.block(L.ex("a"), ["await asyncio.sleep(0.01)"]))
    o2 = gr.block(L.ex("a"), ["await asyncio.sleep(0.01)"])
    b = B(g, L, gr, probe="requests.qsize()", o1=o1, o2=o2, spawn='''
        asyncio.create_task($do(${arg}requests, $q), name="$t1"),
        asyncio.create_task($do2(${arg}requests, $q), name="$t2"),''')
    b["setup"] = b["setup"] + ["requests, %s = asyncio.Queue(), asyncio.Queue()" % g.w["q"]]
    return P(g, '''
    %decl%
    %grip%
    async def $do(${par}requests, $q):
        for number in itertools.count():
            %o1%
            $tally("$thing %d" % number)
            await asyncio.sleep(0.2)


    async def $do2(${par}requests, $q):
        while True:
            number = await requests.get()
            %o2%
            $q.put_nowait(number)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if "poller" in g.noise else ["hung"], must=[who("t1", "$do"), who("t2", "$do2"), L.label("a")], nots=HELD,
    truth="$t1 holds $a and waits for the queue $q, which only $t2 fills; $t2 waits for $a.", twin="the reply is awaited without the lock.")

@mech
def both_write(g):
    b = B(g, None, spawn=[], deny=("poller", "echo"))
    b["end"] = END.strip().split("\n") + ["await asyncio.gather(*tasks)"]
    return P(g, '''
    SIZE = 4 << 20


    async def exchange(reader, writer, name):
        """Sends its $things, then reads those of the other side."""
        while True:
            writer.write(b"x" * SIZE)
    H|        await writer.drain()  #@
    H|        await reader.readexactly(SIZE)
    T|        await asyncio.gather(writer.drain(), reader.readexactly(SIZE))
            $tally(name)
            await asyncio.sleep(0.5)


    async def peer(sock, name):
        reader, writer = await asyncio.open_connection(sock=sock)
        await exchange(reader, writer, name)  #@
    %noise_defs%


    async def main():
        left, right = socket.socketpair()
        %noise%
        tasks = [
            asyncio.create_task(peer(left, "$do"), name="$t1"),
            asyncio.create_task(peer(right, "$do2"), name="$t2"),
        ]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:$t2", "why:re:\\bexchange\\b", "why:re:\\bpeer\\b"]],
    truth="both ends of a socketpair wait in drain() with full buffers; neither reads.", twin="they read while they write.")

@mech
def child_stdin(g):
    b = B(g, None, spawn=[], deny=("poller", "echo"))
    return P(g, '''
    CHILD = "import sys; lines = sys.stdin.readlines(); print(len(lines))"


    async def $do(number):
        proc = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)  #@
        for i in range(number):
            proc.stdin.write(b"$thing %d\\n" % i)
        await proc.stdin.drain()
    T|    proc.stdin.close()
    H|    code = await proc.wait()  #@
    T|    code = await proc.wait()
        count = await proc.stdout.read()
        return code, int(count)


    async def nightly_export():
        while True:
            await $do($n)  #@
            $tally("export")
            await asyncio.sleep(0.3)
    %noise_defs%


    async def main():
        %noise%
        tasks = [asyncio.create_task(nightly_export(), name="$t1")]
        %end%


    asyncio.run(main())
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:nightly_export", "why:re:\\b$do\\b"]],
    truth="$do() waits for the child, which waits for the end of its stdin, and that is never closed.", twin="stdin is closed.")

@mech
def event_setter_died(g):
    L = shape(g, "asyncio", ["r1"], ctor="asyncio.Event()", deny=("stripes", "lockfor")); g.w["ev"] = L.ex("r1"); g.w["PAR"] = L.par.rstrip(", ")
    b = B(g, L, probe=L.ex("r1") + ".is_set()", dies=True, spawn='''
        asyncio.create_task(warm_up($ARG), name="$t3"),
        asyncio.create_task($do(${arg}$n), name="$t1"),
        asyncio.create_task($do(${arg}$n1), name="$t2"),''')
    g.w["ARG"] = L.arg.rstrip(", ")
    return P(g, '''
    %decl%
    async def read_config(path):
        await asyncio.sleep(0.1)
        with open(path) as f:  #@
            return f.read()


    async def warm_up($PAR):
    T|    await asyncio.sleep($slow)
    H|    await read_config("/nonexistent/$things.toml")  #@
    T|    with suppress(OSError):
    T|        await read_config("/nonexistent/$things.toml")
        $ev.set()


    async def $do(${par}number):
        await $ev.wait()  #@
        while True:
            $tally("$thing %d" % number)
            await asyncio.sleep(0.5)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b"]],
    truth="two tasks wait for the event $r1, which warm_up() would have set; it died of FileNotFoundError.", twin="warm_up() takes $slow s, then sets it.")
