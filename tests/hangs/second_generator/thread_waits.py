"""Mechanisms with threads and processes: events, signals, children and processes."""
from thread_parts import *


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
