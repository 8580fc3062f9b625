"""Mechanisms with threads and processes."""
from genlib import *
from gen_async import P, who, HELD

MECHS = {}
def mech(f):
    MECHS["t_" + f.__name__] = f
    return f

READY = ["time.sleep(1)", 'print("READY", flush=True)']
def ending(g, threads):
    k = g.pick("join", "join", "stop", "pause", "report")
    if k == "join": return READY + [f"for thread in {threads}:", "    thread.join()"]
    if k == "stop": return READY + ["stop = threading.Event()", "signal.signal(signal.SIGTERM, lambda *_: stop.set())", "stop.wait()"]
    if k == "pause": return READY + ["signal.pause()"]
    return READY + ["while True:", "    time.sleep(20)"]

def B(g, L=None, grip=None, probe=None, deny=(), spawn=(), **more):
    defs, start = noise(g, "threading", probe, deny)
    g.w["par"] = L.par if L else ""; g.w["arg"] = L.arg if L else ""
    g.w["PAR"] = g.w["ARG"] = (L.par if L else "").rstrip(", ")
    style = g.pick("list", "list", "daemon")
    d = ", daemon=True" if style == "daemon" else ""
    sp = ["threads = ["] + [f'    threading.Thread(target={f}, args=({a}), name="{n}"{d}),' for f, a, n in spawn] + ["]", "for thread in threads:", "    thread.start()"]
    b = dict(noise_defs=defs, noise=start, end=ending(g, "threads"), setup=L.setup if L else [], decl=[] if L and L.helper else (L.decl if L else []), grip=grip.decl if grip else [], spawn=sp)
    b.update({k: (v if isinstance(v, list) else dd(v).split("\n")) for k, v in more.items()})
    return b

MAIN = '''
    def main():
        %setup%
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
'''
# MainThread is the one that gets stuck: READY comes from a timer
SELF = '''
    def main():
        %setup%
        %noise%
        starter = threading.Timer(1.5, print, ("READY",), {"flush": True})
        starter.daemon = True
        starter.start()
        %work%


    if __name__ == "__main__":
        main()
'''
GLOBALS = ("global", "dict", "classattr", "defaultarg")

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

@mech
def setter_died(g):
    L = shape(g, "threading", ["r1"], ctor="threading.Event()", deny=("stripes", "lockfor")); g.w["ev"] = L.ex("r1")
    b = B(g, L, spawn=[("warm_up", "$arg", "$t3"), ("$do", "${arg}$n,", "$t1"), ("$do", "${arg}$n1,", "$t2")])
    return P(g, '''
    %decl%
    def warm_up($PAR):
        rows = {"$r2": 1}
        time.sleep(0.2)
    H|    total = rows["$r2"] + rows["$r3"]  #@
    T|    total = rows["$r2"] + rows.get("$r3", 0)
    T|    time.sleep($slow)
        if total:
            $ev.set()


    def $do(${par}number):
        $ev.wait()  #@
        while True:
            $tally("$thing %d" % number)
            time.sleep(0.5)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung", "waiting"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b"]],
    truth="two threads wait for the event $r1; the thread $t3 that would set it died of KeyError.", twin="it is set after $slow s.")

@mech
def rw_upgrade(g):
    b = B(g, None, spawn=[("$do", "$ctx, ", "$t1"), ("$do", "$ctx, ", "$t2")])
    return P(g, '''
    class ReadWrite:
        def __init__(self):
            self.changed = threading.Condition()
            self.readers = 0

        @contextmanager
        def reading(self):
            with self.changed:
                self.readers += 1
            try:
                yield self  #@
            finally:
                with self.changed:
                    self.readers -= 1
                    self.changed.notify_all()

        @contextmanager
        def writing(self, own=0):
            with self.changed:
                while self.readers > own:
                    self.changed.wait()  #@
                yield self  #@


    def $do($ctx):
        while True:
    H|        with $ctx.reading():  #@
    H|            time.sleep(0.2)
    H|            with $ctx.writing(own=1):  #@
    H|                time.sleep(0.02)
    T|        with $ctx.reading():
    T|            time.sleep(0.2)
    T|        with $ctx.writing():
    T|            time.sleep(0.02)
            $tally("$do")
            time.sleep(0.1)
    %noise_defs%


    def main():
        $ctx = ReadWrite()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b"], ["why:changed", "why:writing"]],
    truth="both readers want to write and wait for the other to stop reading (condition changed).", twin="reading ends before writing begins.")

@mech
def join_under_lock(g):
    b = B(g, None, spawn=[("restarts", "$ctx, ", "$t1")])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$a = threading.Lock()
            self.running = False
            self.thread = None
            self.$things = []

        def start(self):
            with self.$a:
                self.running = True
                self.thread = threading.Thread(target=self.run, name="$t2")
                self.thread.start()

        def run(self):
            while True:
                time.sleep(0.05)
                with self.$a:  #@
                    if not self.running:
                        return
                    self.$things.append(time.time())

        def stop(self):
    H|        with self.$a:  #@
    H|            self.running = False
    H|            self.thread.join()  #@
    H|            self.thread = None
    T|        with self.$a:
    T|            self.running = False
    T|        self.thread.join()


    def restarts($ctx):
        while True:
            $ctx.start()
            time.sleep(0.3)
            $ctx.stop()  #@
            $tally("restart")
    %noise_defs%


    def main():
        $ctx = $Cls()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:restarts", "why:re:\\bstop\\b"], ["why:$t2", "why:re:\\brun\\b"]], nots=HELD,
    truth="$t1 joins $t2 with $a held; $t2 waits for $a.", twin="joined without the lock.")

@mech
def signal_handler(g):
    L = shape(g, "threading", ["a"], allow=["attr", "global", "dict", "classattr", "dataclass", "slots"]); g.w["lock"] = L.ex("a")
    b = B(g, L, work='''
        signal.signal(signal.SIGHUP, reload)
        threading.Thread(target=rotate, name="rotate", daemon=True).start()
        for number in itertools.count():
            $do(${arg}number)  #@''')
    g.w["lk"] = "global $ctx" if L.par else ""
    if L.par:
        b["setup"] = ["global $ctx"] + b["setup"]
    b["ctxdecl"] = ["$ctx = None"] if L.par else []
    return P(g, '''
    %decl%
    %ctxdecl%
    SETTINGS = {"level": 1}


    def reload(signum, frame):
        """SIGHUP: read the settings again."""
    H|    with $lock:  #@
    H|        SETTINGS["level"] += 1
    T|    SETTINGS["level"] += 1


    def rotate():
        time.sleep(0.7)
        while True:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(3)


    def $do(${par}number):
        with $lock:  #@
            time.sleep(0.3)
        $tally("$thing %d" % number)
    %noise_defs%
    ''' + SELF, b, L, verdict=["hung"], must=[["why:MainThread"], L.label("a") + ["why:re:\\breload\\b"]], nots=HELD,
    truth="a signal came while MainThread held $a; the handler reload(), in the same thread, waits for it.", twin="the handler takes no lock.")

@mech
def pipe_full(g):
    b = B(g, None, work='''
        $ctx = $Cls()
        for day in itertools.count():
            $ctx.$do(day)  #@
            $ctx.flush()
            $tally("day %d" % day)
            time.sleep(0.2)''')
    return P(g, '''
    class $Cls:
        """Collects lines in a pipe, so that a select() can wait for them."""

        def __init__(self):
            self.reader, self.writer = os.pipe()

        def note(self, text):
            os.write(self.writer, (text.ljust(511) + "\\n").encode())  #@

        def $do(self, day):
    H|        for number in range(100 * (day + 1)):
    T|        for number in range(100):
                self.note("$thing %d of day %d" % (number, day))  #@

        def flush(self):
            while select.select([self.reader], [], [], 0)[0]:
                os.read(self.reader, 65536)
    %noise_defs%
    ''' + SELF, b, verdict=["hung", "waiting"], must=[["why:MainThread", "why:re:\\bnote\\b"]],
    truth="MainThread writes into a full pipe that only it empties, later.", twin="the batch fits into the pipe.")

@mech
def child_stdin(g):
    b = B(g, None, work='''
        while True:
            $do(["$r1", "$r2"])  #@
            $tally("$do")
            time.sleep(0.3)''')
    return P(g, '''
    CHILD = "import sys\\nfor line in sys.stdin: print(line.upper(), end='')"


    class Filter:
        def __init__(self, *command):
            self.proc = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)  #@

        def send(self, line):
            self.proc.stdin.write(line + "\\n")
            self.proc.stdin.flush()

        def finish(self):
    H|        self.proc.wait()  #@
    T|        self.proc.stdin.close()
    T|        self.proc.wait()
            return self.proc.stdout.read()


    def $do(lines):
        child = Filter(sys.executable, "-c", CHILD)
        for line in lines:
            child.send(line)
        return child.finish()  #@
    %noise_defs%
    ''' + SELF, b, verdict=["hung", "waiting"], must=[["why:MainThread", "why:re:\\bfinish\\b"]],
    truth="MainThread waits for the child, which waits for the end of its stdin; finish() does not close it.", twin="stdin is closed before wait().")

@mech
def child_stdout_full(g):
    b = B(g, None, work='''
        while True:
            $do($n * 1000)  #@
            $tally("$do")
            time.sleep(0.3)''')
    return P(g, '''
    CHILD = "import sys\\nfor i in range(int(sys.argv[1])): print('$thing', i, 'of', sys.argv[1], '.' * 60)"


    def $do(count):
        proc = subprocess.Popen([sys.executable, "-c", CHILD, str(count)], stdout=subprocess.PIPE)  #@
    H|    if proc.wait() != 0:  #@
    H|        raise RuntimeError("export failed")
    H|    return len(proc.stdout.read())
    T|    out, _ = proc.communicate()
    T|    if proc.returncode != 0:
    T|        raise RuntimeError("export failed")
    T|    return len(out)
    %noise_defs%
    ''' + SELF, b, verdict=["hung", "waiting"], must=[["why:MainThread", "why:re:\\b$do\\b"]],
    truth="MainThread waits for the child to end; the child writes into the full pipe that MainThread would read afterwards.", twin="communicate().")

@mech
def mp_worker_killed(g):
    b = B(g, None, work='''
        for day in itertools.count():
            for number in range(3):
                jobs.put(day * 3 + number)
            total = sum(results.get() for _ in range(3))  #@
            $tally("day %d: %d" % (day, total))
            time.sleep(0.2)''')
    b["setup"] = ['context = multiprocessing.get_context("fork")', "jobs, results = context.Queue(), context.Queue()", 'worker = context.Process(target=$do, args=(jobs, results), name="$t1", daemon=True)', "worker.start()"]
    return P(g, '''
    def $do(jobs, results):
        """One process of its own: the library leaks."""
        while True:
            number = jobs.get()
            time.sleep(0.05)
    H|        if number == 4:
    H|            os.kill(os.getpid(), signal.SIGKILL)   # what the OOM killer does  #@
    T|        if number == 4:
    T|            time.sleep($slow)
            results.put(number)
    %noise_defs%
    ''' + SELF, b, verdict=["hung", "waiting"], must=[["why:MainThread", "why:re:(?i)queue|worker|process|pipe"]],
    truth="MainThread waits for results of a worker process that was killed.", twin="the worker takes $slow s once.", versions=ALL)

@mech
def mp_lock_killed(g):
    b = B(g, None, work='''
        for day in itertools.count():
            with $a:  #@
                time.sleep(0.05)
            $tally("day %d" % day)
            time.sleep(0.1)''')
    b["setup"] = ['context = multiprocessing.get_context("fork")', "$a = context.Lock()", 'worker = context.Process(target=$do, args=($a,), name="$t1", daemon=True)', "worker.start()"]
    return P(g, '''
    def $do($a):
        for number in itertools.count():
            time.sleep(0.05)
            with $a:  #@
                time.sleep(0.02)
    H|            if number == 3:
    H|                os._exit(1)   # a crash in the library  #@
    T|            if number == 8:
    T|                time.sleep($slow)
    %noise_defs%
    ''' + SELF, b, verdict=["hung", "waiting"], must=["why:MainThread", ["why:$a", "why:re:(?i)lock|semaphore"]],
    truth="MainThread waits for the process lock $a; the worker died while it held it.", twin="the worker holds it $slow s once.")

@mech
def fork_lock(g):
    b = B(g, None)
    b["noise"], b["noise_defs"] = [], []
    g.noise = []
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$a = threading.Lock()
            self.$things = 0

        def $do(self):
            with self.$a:  #@
                time.sleep(0.2)
                self.$things += 1

        def count(self):
            with self.$a:  #@
                return self.$things


    BOOK = $Cls()
    T|os.register_at_fork(before=BOOK.$a.acquire, after_in_parent=BOOK.$a.release, after_in_child=BOOK.$a.release)


    def writer():
        while True:
            BOOK.$do()


    def child():
        starter = threading.Timer(1, lambda: print("READY", os.getpid(), flush=True))
        starter.daemon = True
        starter.start()
        while True:
            n = BOOK.count()  #@
            $tally("child sees %d" % n)
            time.sleep(0.3)


    def main():
        threading.Thread(target=writer, name="writer", daemon=True).start()
        time.sleep(0.1)
        pid = os.fork()  #@
        if pid == 0:
            signal.alarm(900)
            child()
        os.waitpid(pid, 0)


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], pid="printed", must=["why:MainThread", ["why:$a"]],
    truth="the child was forked while the parent's thread writer held $a; in the child nobody can release it.", twin="the lock is taken before and released after the fork.")

@mech
def nested_property(g):
    b = B(g, None, spawn=[("run", "$ctx, ", "$t1"), ("run", "$ctx, ", "$t2")])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.$a = threading.Lock()
            self.rows = []

        @property
        def total(self):
    H|        with self.$a:  #@
    H|            return sum(self.rows)
    T|        return sum(list(self.rows))

        def $do(self, amount):
            with self.$a:  #@
                self.rows.append(amount)
                if len(self.rows) % 4 == 0:
                    self.rows[:] = [self.total]  #@


    def run($ctx):
        while True:
            $ctx.$do(1)  #@
            $tally("$do")
            time.sleep(0.1)
    %noise_defs%


    def main():
        $ctx = $Cls()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:$t2", "why:re:\\brun\\b"], ["why:$a"]], nots=HELD,
    truth="$do() holds $a and reads the property total, which takes $a again; the other thread waits behind it.", twin="total takes no lock.")

@mech
def observer_callback(g):
    L = None
    b = B(g, L, spawn=[("publish", "bus, ", "$t1")])
    kind = g.pick("bound", "partial", "subclass")
    return P(g, '''
    class Topic:
        def __init__(self, name):
            self.name = name
            self.$a = threading.Lock()
            self.observers = []

        def subscribe(self, callback):
            with self.$a:
                self.observers.append(callback)

        def unsubscribe(self, callback):
            with self.$a:  #@
                self.observers.remove(callback)

        def emit(self, value):
    H|        with self.$a:  #@
    H|            for callback in list(self.observers):
    H|                callback(value)  #@
    T|        with self.$a:
    T|            observers = list(self.observers)
    T|        for callback in observers:
    T|            callback(value)


    class Once:
        """Wants the first $thing only."""

        def __init__(self, topic):
            self.topic = topic
            topic.subscribe(self.on_$thing)

        def on_$thing(self, value):
            self.topic.unsubscribe(self.on_$thing)  #@


    def publish(bus):
        topic = bus["$things"]
        for number in itertools.count():
            if number % 3 == 2:
                Once(topic)
            topic.emit(number)  #@
            $tally("$thing %d" % number)
            time.sleep(0.1)
    %noise_defs%


    def main():
        bus = {name: Topic(name) for name in ("$things", "$r2")}
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\bpublish\\b"], ["why:$a"]], nots=HELD,
    truth="emit() calls the observers with $a held; on_$thing() calls unsubscribe(), which takes $a again.", twin="the observers are called without the lock.")

@mech
def lock_and_queue(g):
    L, gr = shape(g, "threading", ["a"]), Grip(g, "threading")
    o1 = only("H", gr.block(L.ex("a"), ["requests.put(number)", "replies.get()  #@"])) + only("T", ["requests.put(number)", "replies.get()"] + gr.block(L.ex("a"), ["time.sleep(0.01)"]))
    o2 = gr.block(L.ex("a"), ["time.sleep(0.01)"])
    b = B(g, L, gr, o1=o1, o2=o2, spawn=[("$do", "${arg}requests, replies", "$t1"), ("$do2", "${arg}requests, replies", "$t2")])
    b["setup"] = b["setup"] + ["requests, replies = queue.Queue(), queue.Queue()"]
    return P(g, '''
    %decl%
    %grip%
    def $do(${par}requests, replies):
        for number in itertools.count():
            %o1%
            $tally("$thing %d" % number)
            time.sleep(0.2)


    def $do2(${par}requests, replies):
        while True:
            number = requests.get()
            time.sleep(0.02)
            %o2%
            replies.put(number)
    %noise_defs%
    ''' + MAIN, b, L, verdict=["hung"], must=[who("t1", "$do"), who("t2", "$do2"), L.label("a")], nots=HELD,
    truth="$t1 holds $a and waits for a reply that only $t2 puts; $t2 waits for $a.", twin="the reply is awaited without the lock.")

@mech
def reply_future(g):
    b = B(g, None, spawn=[("$do", "$ctx, $n", "$t1"), ("$do", "$ctx, $n1", "$t2")])
    b["setup"] = ["here, there = socket.socketpair()", "threading.Thread(target=backend, args=(there,), name=\"backend\", daemon=True).start()", "$ctx = ${Cls}Client(here)"]
    return P(g, '''
    class ${Cls}Client:
        def __init__(self, sock):
            self.sock = sock
            self.ids = itertools.count(1)
            self.pending = {}
            self.sending = threading.Lock()
            threading.Thread(target=self.read_replies, name="reader", daemon=True).start()

        def read_replies(self):
            for line in self.sock.makefile():
                reply = line.split()
    H|            number, value = reply  #@
    T|            if len(reply) != 2:
    T|                time.sleep($slow)
    T|                continue
    T|            number, value = reply
                self.pending.pop(int(number)).set_result(value)

        def ask(self, text):
            future = Future()
            with self.sending:
                number = next(self.ids)
                self.pending[number] = future  #@
                self.sock.sendall(b"%d %s\\n" % (number, text.encode()))
            return future.result()  #@


    def backend(sock):
        for line in sock.makefile():
            number = int(line.split()[0])
            if number == 6:
                sock.sendall(b"server busy, please wait\\n")
            sock.sendall(b"%d ok\\n" % number)


    def $do($ctx, number):
        while True:
            $ctx.ask("$thing-%d" % number)  #@
            $tally("$thing %d" % number)
            time.sleep(0.1)
    %noise_defs%
    ''' + MAIN, b, verdict=["hung", "waiting"], must=[["why:$t1", "why:$t2", "why:re:\\b$do\\b", "why:re:\\bask\\b"]],
    truth="the requests wait for futures in pending; the thread reader, the only one to set them, died of ValueError.", twin="reader pauses $slow s and goes on.")

@mech
def mutual_full(g):
    g.w["cap"] = g.pick(1, 2, 3)
    b = B(g, None, spawn=[("parse", "lines, rows", "$t1"), ("load", "lines, rows", "$t2")])
    b["setup"] = ["lines = queue.Queue($cap)", "H|rows = queue.Queue($cap)", "T|rows = queue.Queue()", "lines.put(0)"]
    return P(g, '''
    def parse(lines, rows):
        while True:
            line = lines.get()
            for part in range($cap + 4):
                rows.put((line, part))  #@
            $tally("parsed %d" % line)


    def load(lines, rows):
        """A $thing that refers to others has to be parsed again."""
        for number in itertools.count():
            line, part = rows.get()
            time.sleep(0.02)
    H|        lines.put(line + 1)  #@
    T|        if part == 0:
    T|            lines.put(line + 1)
    %noise_defs%
    ''' + MAIN, b, verdict=["hung"], must=[who("t1", "parse"), who("t2", "load")],
    truth="$t1 puts into the full queue rows that only $t2 empties, $t2 into the full queue lines that only $t1 empties.", twin="rows is unbounded and only one in a few comes back.")

@mech
def handshake(g):
    b = B(g, None, spawn=[("$do", "$ctx, ", "$t1"), ("$do2", "$ctx, ", "$t2")])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.${r1}_ready = threading.Event()
            self.${r2}_ready = threading.Event()


    def $do($ctx):
        while True:
            time.sleep(0.1)
    T|        $ctx.${r1}_ready.set()
            $ctx.${r2}_ready.wait()  #@
            $ctx.${r2}_ready.clear()
    H|        $ctx.${r1}_ready.set()
            $tally("$do")


    def $do2($ctx):
        while True:
            $ctx.${r1}_ready.wait()  #@
            $ctx.${r1}_ready.clear()
            time.sleep(0.2)
            $ctx.${r2}_ready.set()
            $tally("$do2")
    %noise_defs%


    def main():
        $ctx = $Cls()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\b$do\\b"], ["why:$t2", "why:re:\\b$do2\\b"], ["why:${r1}_ready", "why:${r2}_ready"]],
    truth="$t1 waits for ${r2}_ready before it sets ${r1}_ready, $t2 waits for ${r1}_ready before it sets ${r2}_ready.", twin="$t1 sets its event first.")

@mech
def timer_cancelled(g):
    b = B(g, None, deny=("timer",), spawn=[("$do", "$ctx, ", "$t1"), ("edit", "$ctx, ", "$t2")])
    return P(g, '''
    class Debounce:
        """Calls go on when nothing has come for a while."""

        def __init__(self, delay):
            self.delay = delay
            self.quiet = threading.Event()
            self.timer = None

        def touch(self):
            if self.timer is not None:
                self.timer.cancel()  #@
            self.quiet.clear()
            self.timer = threading.Timer(self.delay, self.quiet.set)
            self.timer.daemon = True
            self.timer.start()

        def close(self):
            self.timer.cancel()  #@


    def edit($ctx):
        for round in itertools.count():
            for _ in range(3):
                $ctx.touch()
                time.sleep(0.1)
    H|        $ctx.close()  #@
    H|        return
    T|        time.sleep($slow)


    def $do($ctx):
        time.sleep(0.05)
        while True:
            $ctx.quiet.wait()  #@
            $tally("saved")
            time.sleep(0.5)
    T|        $ctx.quiet.clear()
    %noise_defs%


    def main():
        $ctx = Debounce(0.4)
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung", "waiting"], must=[["why:$t1", "why:re:\\b$do\\b"], ["why:quiet", "why:re:(?i)event"]],
    truth="$t1 waits for the event quiet; the timer that would set it was cancelled by close().", twin="the timer fires; edits come every $slow s.")

@mech
def queue_replaced(g):
    b = B(g, None, spawn=[("$do", "$ctx, ", "$t1"), ("feed", "$ctx, ", "$t2")])
    return P(g, '''
    class $Cls:
        def __init__(self):
            self.inbox = queue.Queue()

        def reset(self):
            """Forget what is queued."""
    H|        self.inbox = queue.Queue()  #@
    T|        with suppress(queue.Empty):
    T|            while True:
    T|                self.inbox.get_nowait()


    def $do($ctx):
        inbox = $ctx.inbox  #@
        while True:
            number = inbox.get()  #@
            $tally("$thing %d" % number)


    def feed($ctx):
        for number in itertools.count():
            time.sleep(0.1)
            if number == 4:
                $ctx.reset()  #@
            $ctx.inbox.put(number)
    %noise_defs%


    def main():
        $ctx = $Cls()
        %noise%
        %spawn%
        %end%


    if __name__ == "__main__":
        main()
    ''', b, verdict=["hung"], must=[["why:$t1", "why:re:\\b$do\\b"]],
    truth="$t1 waits at the old queue, which reset() replaced; feed fills the new one.", twin="reset() empties the same queue.")
