"""Mechanisms with asyncio: queues, conditions and events."""
from async_parts import *


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
