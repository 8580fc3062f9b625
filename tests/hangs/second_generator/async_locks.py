"""Mechanisms with asyncio: locks and semaphores."""
from async_parts import *


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
