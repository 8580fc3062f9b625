"""Mechanisms with threads and processes: callbacks, replies and what is left."""
from thread_parts import *


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
