"""Mechanisms with asyncio: loops, executors and barriers."""
from async_parts import *


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
