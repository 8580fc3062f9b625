"""Mechanisms with threads and processes: locks, queues and pools."""
from thread_parts import *


@mech
def lock_cycle_two(g):
    ctor = g.pick("threading.Lock()", "threading.Lock()", "threading.RLock()")
    L, gr = shape(g, "threading", ["a", "b"], ctor=ctor), Grip(g, "threading")
    inner = gr.block(L.ex("b"), ["time.sleep(0.02)"])
    dec, cal, sub = [], inner, []
    if g.chance(0.6):
        dec, cal = call(g, "write_$r2", L.par.rstrip(", "), False)
        sub = ["def write_$r2(" + L.par.rstrip(", ") + "):"] + ind(inner)
    o1 = gr.block(L.ex("a"), ["time.sleep(0.2)"] + cal)
    o2 = only("H", gr.block(L.ex("b"), ["time.sleep(0.2)"] + gr.block(L.ex("a"), ["time.sleep(0.02)"])))
    o2 += only("T", gr.block(L.ex("a"), ["time.sleep(0.2)"] + gr.block(L.ex("b"), ["time.sleep(0.02)"])))
    b = B(g, L, gr, probe=None, o1=o1, o2=o2, sub=sub, dec=dec, spawn=[("$do", "${arg}$n,", "$t1"), ("$do2", "${arg}$n1,", "$t2")])
    if g.chance(0.6): b["o2"] = [x.replace("sleep(0.2)", "sleep($slow)") if x.startswith("T|") else x for x in b["o2"]]
    return P(g, '''
    %decl%
    %grip%
    %sub%
    %dec%
    def $do(${par}number):
        while True:
            %o1%
            $tally("$do %d" % number)
            time.sleep(0.3)


    def $do2(${par}number):
        while True:
            %o2%
            $tally("$do2 %d" % number)
            time.sleep(0.3)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[who("t1", "$do"), who("t2", "$do2"), L.label("a", "b")], nots=HELD,
    truth="thread $t1 holds $a and waits for $b, $t2 holds $b and waits for $a.", twin="both take $a before $b, in rounds.")


@mech
def lock_ring_three(g):
    L, gr = shape(g, "threading", ["a", "b", "c"]), Grip(g, "threading")
    keys = ["a", "b", "c"]; T = ["t1", "t2", "t3"]
    b = B(g, L, gr)
    fs, spawn = [], []
    for i in range(3):
        x, y = keys[i], keys[(i + 1) % 3]
        v = g.w["do" + (str(i + 1) if i else "")]
        f = [f"def {v}($PAR):", "    while True:"]
        body = lambda p, q: gr.block(L.ex(p), ["time.sleep(0.1)"] + gr.block(L.ex(q), [f'$tally("{v}")']))
        slow = lambda lines: [l.replace("sleep(0.1)", "sleep($slow)") if i == 1 else l for l in lines]
        f += ind(only("H", body(x, y)) + only("T", slow(body(*sorted((x, y))))), 8) + ["        time.sleep(0.1)", "", ""]
        fs += f; spawn.append((v, L.arg, g.w[T[i]]))
    b.update(fs=fs, spawn=["threads = ["] + [f'    threading.Thread(target={f}, args=({a.strip() if a else ""}), name="{n}"),' for f, a, n in spawn] + ["]", "for thread in threads:", "    thread.start()"])
    return P(g, '''
    %decl%
    %grip%
    %fs%
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[who("t1", "$do"), who("t2", "$do2"), who("t3", "$do3"), L.label(*keys)], nots=HELD,
    truth="three threads wait in a circle: $t1 has $a and wants $b, $t2 has $b and wants $c, $t3 has $c and wants $a.", twin="all take them in the same order.")


@mech
def rlock_and_pool(g):
    b = B(g, None, spawn=[("feed", "$ctx, ", "$t1")])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$a = threading.RLock()   # reentrant: helpers may take it again
            self.pool = ThreadPoolExecutor(2, thread_name_prefix="$r2")
            self.$things = {}

        def $do(self, number):
            with self.$a:  #@
                self.$things[number] = self.$things.get(number, 0) + 1
            return number

        def $do2(self, numbers):
    H|        with self.$a:  #@
    H|            self.$things.clear()
    H|            jobs = [self.pool.submit(self.$do, n) for n in numbers]
    H|            return [job.result() for job in jobs]  #@
    T|        with self.$a:
    T|            self.$things.clear()
    T|        jobs = [self.pool.submit(self.$do, n) for n in numbers]
    T|        return [job.result() for job in jobs]


    def feed($ctx):
        while True:
            $ctx.$do2([1, 2, 3])  #@
            $tally("batch")
            time.sleep(0.3)
    %noise_defs%


    def main():
        $ctx = $Cls()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\bfeed\\b", "why:re:\\b$do2\\b"], ["why:$a", "why:${r2}_0"]], nots=HELD,
    truth="$t1 holds the RLock $a and waits for jobs of its pool, whose threads wait for $a: reentrant means the same thread only.", twin="the lock is given back before the jobs are awaited.")


@mech
def lost_notify(g):
    L = shape(g, "threading", ["r1"], ctor="threading.Condition()", deny=("stripes", "lockfor")); g.w["cond"] = L.ex("r1")
    b = B(g, L, spawn=[("opener", "$arg", "$t3"), ("$do", "${arg}$n,", "$t1"), ("$do", "${arg}$n1,", "$t2")])
    return P(g, '''
    %decl%
    STATE = {"open": False}


    def opener($PAR):
        while True:
            time.sleep(0.1)
            STATE["open"] = True
            with $cond:
                $cond.notify_all()  #@
    H|        return
    T|        time.sleep($slow)


    def $do(${par}number):
        time.sleep(0.3)          # reads its settings first
        while True:
            with $cond:
    H|            $cond.wait()  #@
    T|            if not STATE["open"]:
    T|                $cond.wait()
            $tally("$thing %d" % number)
            time.sleep(0.4)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if L.kind in GLOBALS else ["hung"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b"]],
    truth="opener notified $r1 before the two threads waited for it; they look at no predicate, and opener has ended.", twin="they look at the state first.")


@mech
def dead_consumer(g):
    n = g.pick(1, 2, 5); g.w["cap"] = n
    L = shape(g, "threading", ["r1"], ctor=f"queue.Queue({n})" if n > 1 else "queue.Queue(maxsize=1)", deny=("stripes", "lockfor")); g.w["q"] = L.ex("r1")
    b = B(g, L, probe=(L.ex("r1") + ".qsize()"), deny=() if not L.par else ("poller",), spawn=[("consume", "$arg", "$t3"), ("produce", "${arg}\"$r2\",", "$t1"), ("produce", "${arg}\"$r3\",", "$t2")])
    return P(g, '''
    %decl%
    def produce(${par}kind):
        for i in itertools.count():
            $q.put({"kind": kind, "number": i} if i != 3 else {"kind": kind})  #@
            $tally("%s %d" % (kind, i))
            time.sleep(0.01)


    def consume($PAR):
        totals = defaultdict(int)
        while True:
            $thing = $q.get()
    H|        totals[$thing["kind"]] += $thing["number"]  #@
    T|        try:
    T|            totals[$thing["kind"]] += $thing["number"]
    T|        except KeyError:
    T|            time.sleep($slow)
            time.sleep(0.1)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if L.kind in GLOBALS else ["hung"], must=[["why:$t1", "why:$t2", "why:re:\\bproduce\\b"]],
    truth="the producers wait to put into the full queue $r1 ($cap); its only consumer $t3 died of KeyError.", twin="the consumer survives and goes on after $slow s.")


@mech
def queue_join(g):
    b = B(g, None, spawn=[("worker", "$things,", "$t1"), ("worker", "$things,", "$t2"), ("days", "$things,", "$t3")])
    b["setup"] = ["$things = queue.Queue()"]
    return P(g, '''
    class Skip(Exception):
        pass


    def $do($thing):
        if $thing % 7 == 5:
            raise Skip($thing)
        time.sleep(0.01)


    def worker($things):
        while True:
            $thing = $things.get()
            try:
                $do($thing)
    H|            $things.task_done()  #@
            except Skip:
                pass  #@
    T|        finally:
    T|            $things.task_done()


    def days($things):
        for day in itertools.count():
            for i in range(4):
                $things.put(day * 4 + i)
            $things.join()  #@
            $tally("day %d" % day)
            time.sleep(0.1)
    %noise_defs%
    ''' + MAIN, b, verdict=["hung", "waiting"], must=[["why:$t3", "why:re:\\bdays\\b"]],
    truth="$t3 waits in join() for a task_done() that worker() leaves out after Skip; the queue is empty.", twin="task_done() in finally.")


@mech
def joins_circle(g):
    n = g.pick(2, 3)
    T = [g.w["t1"], g.w["t2"], g.w["t3"]][:n]
    b = B(g, None)
    b["order"] = [f'    "{T[i]}": "{T[(i + 1) % n]}",' if i < n - 1 else f'H|    "{T[i]}": "{T[0]}",  #@' for i in range(n)] + [f'T|    "{T[-1]}": None,']
    b["end"] = READY + ["boss.join()"]
    return P(g, '''
    # which stage has to end before which
    AFTER = {
    %order%
    }
    STAGES = {}
    GO = threading.Event()


    def stage(name):
        GO.wait()
        before = AFTER[name]
        if before:
            STAGES[before].join()  #@
        time.sleep(0.1)


    def shift():
        while True:
            GO.clear()
            for name in AFTER:
                STAGES[name] = threading.Thread(target=stage, args=(name,), name=name)
                STAGES[name].start()
            GO.set()
            for thread in STAGES.values():
                thread.join()  #@
            $tally("shift")
            time.sleep(0.3)
    %noise_defs%


    def main():
        %noise%
        boss = threading.Thread(target=shift, name="shift")
        boss.start()
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:re:\\bstage\\b"]],
    truth="the threads of stage() join each other in a circle.", twin="the last stage waits for none.")


@mech
def barrier_short(g):
    L = shape(g, "threading", ["r1"], ctor="threading.Barrier(PARTIES)", deny=("stripes", "lockfor", "slots", "contextvar")); g.w["bar"] = L.ex("r1"); L.helper = False
    b = B(g, L)
    g.w["args"] = (L.arg + "i,")
    b["spawn"] = ["threads = [threading.Thread(target=$do, args=($args), name=\"$do-%d\" % i) for i in range(PARTIES)]", "for thread in threads:", "    thread.start()"]
    return P(g, '''
    PARTIES = 3
    %decl%


    def load(number):
        time.sleep(0.1)
        if number == 2:
            raise OSError("no $r2 for %d" % number)  #@


    def $do(${par}number):
    H|    load(number)  #@
    T|    try:
    T|        load(number)
    T|    except OSError:
    T|        time.sleep($slow)
        while True:
            $bar.wait()  #@
            $tally("$thing %d" % number)
            time.sleep(0.3)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"], must=[["why:$do-0", "why:$do-1", "why:re:\\b$do\\b"]],
    truth="two of three threads wait at the barrier $r1; the third died of OSError in load().", twin="the third comes $slow s late.")


@mech
def semaphore_leak(g):
    n = g.pick(1, 2, 3); g.w["cap"] = n
    L = shape(g, "threading", ["r1"], ctor=f"threading.{g.pick('Semaphore', 'BoundedSemaphore')}({n})", deny=("stripes", "lockfor")); g.w["sem"] = L.ex("r1")
    b = B(g, L, spawn=[("run", "${arg}0,", "$t1"), ("run", "${arg}100,", "$t2")])
    return P(g, '''
    %decl%
    def ${do}($par*, number):
        $sem.acquire()  #@
        for attempt in range(3):
            time.sleep(0.01)
            if (number + attempt) % 5 == 4:
    T|            $sem.release()
                return None  #@
        $sem.release()
        return number


    def run(${par}start):
        for number in itertools.count(start):
            if $do(${arg}number=number) is not None:  #@
                $tally("$thing %d" % number)
            time.sleep(0.02)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"] if L.kind in GLOBALS else ["hung"], must=[["why:$t1", "why:$t2", "why:re:\\brun\\b", "why:re:\\b$do\\b"]],
    truth="all $cap permits of the semaphore $r1 were lost: $do() returns from its loop without release().", twin="released before the return.")


@mech
def pool_nested(g):
    n = g.pick(1, 2, 3); g.w["cap"] = n
    b = B(g, None, spawn=[("nightly_run", "$ctx, ", "$t1")])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.pool = ThreadPoolExecutor(max_workers=$cap, thread_name_prefix="$things")
    T|        self.leaves = ThreadPoolExecutor(max_workers=2, thread_name_prefix="leaves")

        def $do(self, number):
            time.sleep(0.05)
            return number

        def $do2(self, number):
            time.sleep(0.1)
    H|        parts = self.pool.map(self.$do, range(3))  #@
    T|        parts = self.leaves.map(self.$do, range(3))
            return number, list(parts)  #@

        def all(self):
            return list(self.pool.map(self.$do2, range(6)))  #@


    def nightly_run($ctx):
        while True:
            $ctx.all()  #@
            $tally("run")
            time.sleep(0.3)
    %noise_defs%


    def main():
        $ctx = $Cls()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:${things}_0", "why:re:\\b$do2\\b", "why:re:(?i)executor|pool"]],
    truth="each thread of the pool ($cap) is in $do2() and waits for jobs queued in the same pool.", twin="the parts have a pool of their own.")


@mech
def shutdown_waits(g):
    b = B(g, None, work='''
        while True:
            $do()  #@
            $tally("round")
            time.sleep(0.2)''')
    return P(g, '''
    def follow(done, number):
        """Copies what comes until the run is over."""
        seen = 0
        done.wait()  #@
        return seen + number


    def $do():
        done = threading.Event()
        with ThreadPoolExecutor(3, thread_name_prefix="$things") as pool:  #@
            followers = [pool.submit(follow, done, i) for i in range(2)]
            time.sleep(0.1)
    T|        done.set()
    H|    done.set()  #@
        return sum(f.result() for f in followers)
    %noise_defs%
    ''' + SELF, b, verdict=["hung"], must=[["why:MainThread", "why:re:\\b$do\\b", "why:${things}_0", "why:re:\\bfollow\\b"]],
    truth="MainThread waits in the executor's shutdown for follow(), which waits for the event done that $do() sets only after the with block.", twin="done is set inside of the with block.")
