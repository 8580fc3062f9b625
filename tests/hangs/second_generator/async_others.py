"""Mechanisms with asyncio: generators, pools, pipes and what is left."""
from async_parts import *


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
