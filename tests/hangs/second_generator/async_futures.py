"""Mechanisms with asyncio: futures and tasks."""
from async_parts import *


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
