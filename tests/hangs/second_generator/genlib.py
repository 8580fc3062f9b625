"""Words, shapes, grips, noise and rendering for gen.py."""
import json, os, random, re, string, textwrap

ALL = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]

# thing things Class ctx verbs(4) resources(3)
DOMAINS = [
    ("order", "orders", "OrderBook", "book", "settle refund reprice export", "stock ledger audit"),
    ("invoice", "invoices", "Billing", "billing", "issue void remind archive", "numbering journal customers"),
    ("reading", "readings", "Station", "station", "calibrate sample rollup upload", "bus buffer clock"),
    ("tile", "tiles", "TileCache", "cache", "paint evict stitch publish", "index canvas disk"),
    ("message", "messages", "Mailroom", "mailroom", "deliver expunge reindex forward", "folder quota spool"),
    ("ticket", "tickets", "Desk", "desk", "assign escalate merge close_out", "board history agents"),
    ("shipment", "shipments", "Dock", "dock", "load_up reroute weigh dispatch_out", "bay manifest scale"),
    ("photo", "photos", "Album", "album", "resize retouch dedupe share", "thumbs originals catalog"),
    ("flight", "flights", "Tower", "tower", "clear_for hold_short vector handoff", "runway gate radar"),
    ("meter", "meters", "Grid", "grid", "poll_one bill_one balance curtail", "feeder tariff relay"),
    ("claim", "claims", "ClaimsOffice", "office", "assess appeal payout reopen", "reserve docket letters"),
    ("recipe", "recipes", "Kitchen", "kitchen", "prep plate restock_up taste", "oven pantry counter"),
    ("booking", "bookings", "Hotel", "hotel", "check_in check_out upgrade_to rebook", "rooms folio keys"),
    ("song", "songs", "Jukebox", "jukebox", "enqueue_it transcode tag_it stream_it", "library decoder playlist"),
    ("probe", "probes", "Lab", "lab", "heat_up centrifuge titrate log_out", "hood sampler notebook"),
    ("vote", "votes", "Election", "election", "tally_up contest certify seal", "roll ballots minutes"),
]

class G:
    def __init__(self, seed, mech):
        self.seed, self.mech = seed, mech
        self.r = random.Random(f"{seed}/{mech}")
        d = self.r.choice(DOMAINS)
        verbs, res = d[4].split(), d[5].split()
        self.r.shuffle(verbs); self.r.shuffle(res)
        suf = self.r.choice(["_lock", "_lock", "_guard", "_mutex"])
        n = self.r.randrange(3, 90)
        self.w = dict(thing=d[0], things=d[1], Thing=d[0].capitalize(), Cls=d[2], ctx=d[3], do=verbs[0], do2=verbs[1], do3=verbs[2], do4=verbs[3],
                      r1=res[0], r2=res[1], r3=res[2], a=res[0] + suf, b=res[1] + suf, c=res[2] + suf,
                      tally=self.r.choice(["progress", "mark_done", "count_up", "report_done"]), n=n, n1=n + 1, n2=n + 2, n3=n + 3,
                      slow=self.r.choice([7, 8, 9, 11, 12, 14]), seed=seed)
        w = self.w
        sep = self.r.choice(["-", "-", ":", "_"])
        for i, v in enumerate(verbs): w["t%d" % (i + 1)] = f"{v}{sep}{n + i}"
        self.helper_words = {}
    def pick(self, *xs): return self.r.choice(xs)
    def chance(self, p): return self.r.random() < p
    def sub(self, text): return string.Template(text).substitute(self.w)

def ind(lines, n=4):
    if isinstance(lines, str): lines = lines.strip("\n").split("\n")
    out = []
    for l in lines:
        m = re.match(r"([HT]\|)?(.*)", l, re.S)
        out.append((m.group(1) or "") + (" " * n + m.group(2) if m.group(2).strip() else ""))
    return out

def only(which, lines):
    if isinstance(lines, str): lines = lines.strip("\n").split("\n")
    return [which + "|" + l for l in lines]

def dd(text): return textwrap.dedent(text).strip("\n")

# --- where the locks are ------------------------------------------------------------------------------------------------------
class Shape: pass

def shape(g, kind, names, ctor=None, allow=None, deny=(), extra=""):
    """kind: asyncio or threading; names: keys of g.w. .decl .setup .par .arg .ex(key) .label(key)"""
    w = g.w
    ctor = ctor or f"{kind}.Lock()"
    factory = ctor[:-2] if ctor.endswith("()") else f"lambda: {ctor}"
    N = [w[k] for k in names]
    a_sync = kind == "asyncio"
    kinds = ["attr", "dict", "global", "classattr", "closure", "dataclass", "namedtuple", "lockfor", "stripes", "property", "mixin", "nested", "slots"]
    kinds += ["contextvar"] if a_sync else ["defaultarg"]
    kinds = [k for k in (allow or kinds) if k not in deny]
    k = g.pick(*kinds)
    s = Shape(); s.kind = k; s.decl = []; s.setup = []; s.par = w["ctx"] + ", "; s.arg = s.par; s.helper = False
    ctx, Cls = w["ctx"], w["Cls"]
    at = {n: f"{ctx}.{n}" for n in N}
    lab = {n: ["why:" + n] for n in N}
    make = [f"{ctx} = {Cls}()"]
    cls = k in ("attr", "dataclass", "namedtuple", "lockfor", "stripes", "property", "mixin", "slots", "nested")
    if k in ("attr", "contextvar"):
        s.decl = [f"class {Cls}:", "    def __init__(self):"] + [f"        self.{n} = {ctor}" for n in N] + [f"        self.{w['things']} = {{}}"]
    if k == "contextvar":
        V = g.pick("CURRENT", "ACTIVE", "SCOPE")
        s.decl += ["", f'{V} = ContextVar("{ctx}")']
        make = [f"{V}.set({Cls}())"]; at = {n: f"{V}.get().{n}" for n in N}; s.par = s.arg = ""
    if k == "dict":
        D = g.pick("LOCKS", "GUARDS", "RESOURCES")
        if a_sync:
            s.decl = [f"{D} = {{}}"]; make = [f'{D}["{n}"] = {ctor}' for n in N]
        else:
            s.decl = [f"{D} = {{"] + [f'    "{n}": {ctor},' for n in N] + ["}"]; make = []
        at = {n: f'{D}["{n}"]' for n in N}; s.par = s.arg = ""
        lab = {n: ["why:" + n, "why:" + D] for n in N}
    if k == "global":
        if a_sync:
            s.decl = [f"{n} = None" for n in N]; make = ["global " + ", ".join(N)] + [f"{n} = {ctor}" for n in N]
        else: s.decl = [f"{n} = {ctor}" for n in N]; make = []
        at = {n: n for n in N}; s.par = s.arg = ""
    if k == "classattr":
        if a_sync:
            s.decl = [f"class {Cls}:"] + [f"    {n} = None" for n in N]; make = [f"{Cls}.{n} = {ctor}" for n in N]
        else: s.decl = [f"class {Cls}:"] + [f"    {n} = {ctor}" for n in N]; make = []
        at = {n: f"{Cls}.{n}" for n in N}; s.par = s.arg = ""
    if k == "closure":
        s.decl = [f"def open_{w['things']}():"] + [f"    {n} = {ctor}" for n in N] + ["", "    def part(name):", "        return {" + ", ".join(f'"{n}": {n}' for n in N) + "}[name]", "", "    return part"]
        make = [f"{ctx} = open_{w['things']}()"]; at = {n: f'{ctx}("{n}")' for n in N}
    if k == "dataclass":
        s.decl = ["@dataclass", f"class {Cls}:", "    name: str = \"main\""] + [f"    {n}: object = field(default_factory={factory})" for n in N] + [f"    {w['things']}: dict = field(default_factory=dict)"]
    if k == "namedtuple":
        s.decl = [f'{Cls} = namedtuple("{Cls}", "{" ".join(N)}")']; make = [f"{ctx} = {Cls}({', '.join(ctor for _ in N)})"]
    if k == "lockfor":
        s.decl = [f"class {Cls}:", "    def __init__(self):", "        self.locks = {}", "", "    def lock_for(self, key):", "        if key not in self.locks:", f"            self.locks[key] = {ctor}", "        return self.locks[key]"]
        at = {n: f'{ctx}.lock_for("{n}")' for n in N}; lab = {n: ["why:" + n, "why:locks"] for n in N}
    if k == "stripes":
        s.decl = [f"class {Cls}:", "    def __init__(self):", f"        self.stripes = [{ctor} for _ in range({len(N)})]", f"        self.{w['things']} = {{}}"]
        at = {n: f"{ctx}.stripes[{i}]" for i, n in enumerate(N)}; lab = {n: ["why:stripes"] for n in N}
    if k == "property":
        s.decl = [f"class {Cls}:", "    def __init__(self):"] + [f"        self._{n} = {ctor}" for n in N]
        for n in N: s.decl += ["", "    @property", f"    def {n}(self):", f"        return self._{n}"]
    if k == "mixin":
        s.decl = ["class Guarded:", "    def __init__(self, *args, **kwargs):", "        super().__init__(*args, **kwargs)"] + [f"        self.{n} = {ctor}" for n in N] + ["", "", f"class {Cls}(Guarded, dict):", f'    """All {w["things"]} by number."""']
    if k == "slots":
        s.decl = [f"class {Cls}:", "    __slots__ = (" + "".join(f'"{n}", ' for n in N) + ")", "", "    def __init__(self):"] + [f"        self.{n} = {ctor}" for n in N]
    if k == "nested":
        s.decl = ["class Guards:", "    def __init__(self):"] + [f"        self.{n} = {ctor}" for n in N] + ["", "", f"class {Cls}:", "    def __init__(self):", "        self.guards = Guards()", f"        self.{w['things']} = []"]
        at = {n: f"{ctx}.guards.{n}" for n in N}
    if k == "defaultarg":
        for n in N: s.decl += [f"def {n}(_lock={ctor}):", "    return _lock", ""]
        make = []; at = {n: f"{n}()" for n in N}; s.par = s.arg = ""; lab = {n: ["why:" + n, "why:_lock"] for n in N}
    s.setup = make
    s.ex = lambda key: at[w.get(key, key)]
    s.label = lambda *keys: [x for key in keys for x in lab[w.get(key, key)]]
    s.is_class = cls
    s.Cls = Cls
    s.helper = cls and g.chance(0.3)
    return s

# --- how a lock is taken ------------------------------------------------------------------------------------------------------
class Grip:
    def __init__(self, g, kind, allow=None):
        self.a = a = kind == "asyncio"
        self.k = k = g.pick(*(allow or ["with", "with", "try", "ctxmgr", "class", "stack", "helper"]))
        A, W = ("async ", "await ") if a else ("", "")
        self.A, self.W = A, W
        self.fn = fn = g.pick("holding", "exclusive", "locked", "guarded")
        self.decl = []
        if k == "ctxmgr":
            self.decl = [f"@{'async' if a else ''}contextmanager", f"{A}def {fn}(lock):", f"    {W}lock.acquire()  #@", "    try:", "        yield lock", "    finally:", "        lock.release()"]
        if k == "class":
            self.C = C = fn.capitalize()
            e, x = ("__aenter__", "__aexit__") if a else ("__enter__", "__exit__")
            self.decl = [f"class {C}:", "    def __init__(self, lock):", "        self.lock = lock", "", f"    {A}def {e}(self):", f"        {W}self.lock.acquire()  #@", "        return self", "",
                         f"    {A}def {x}(self, *exc):", "        self.lock.release()", "        return False"]
        if k == "helper":
            self.decl = [f"{A}def lock_{g.w['thing']}(lock):", f"    {W}lock.acquire()  #@", "", "", f"def unlock_{g.w['thing']}(lock):", "    lock.release()"]
            self.l, self.u = f"lock_{g.w['thing']}", f"unlock_{g.w['thing']}"
    def block(self, ex, body, mark="  #@"):
        A, W, k = self.A, self.W, self.k
        if isinstance(body, str): body = [body]
        if k == "with": return [f"{A}with {ex}:{mark}"] + ind(body)
        if k == "ctxmgr": return [f"{A}with {self.fn}({ex}):{mark}"] + ind(body)
        if k == "class": return [f"{A}with {self.C}({ex}):{mark}"] + ind(body)
        if k == "try": return [f"{W}{ex}.acquire(){mark}", "try:"] + ind(body) + ["finally:", f"    {ex}.release()"]
        if k == "helper": return [f"{W}{self.l}({ex}){mark}", "try:"] + ind(body) + ["finally:", f"    {self.u}({ex})"]
        if k == "stack": return [f"{A}with {'Async' if self.a else ''}ExitStack() as stack:", f"    {W}stack.enter_{'async_' if self.a else ''}context({ex}){mark}"] + ind(body)

def call(g, fn, args, a_sync):
    """(lines of module level after fn, lines of the call)"""
    W = "await " if a_sync else ""
    k = g.pick("plain", "plain", "table", "partial", "byname", "hooks")
    if k == "plain": return [], [f"{W}{fn}({args})  #@"]
    if k == "table": return [f'HANDLERS = {{"{fn}": {fn}}}'], [f'{W}HANDLERS["{fn}"]({args})  #@']
    if k == "partial": return [], [f"step = partial({fn}, {args})", f"{W}step()  #@"]
    if k == "byname": return [], [f'{W}globals()["{fn}"]({args})  #@']
    return [f"AFTER = [{fn}]"], ["for hook in AFTER:", f"    {W}hook({args})  #@"]

# --- noise --------------------------------------------------------------------------------------------------------------------
A_NOISE = {
 "heartbeat": ("async def heartbeat():\n    while True:\n        await asyncio.sleep(2)\n        STATS[\"beats\"] += 1",
               ["background.append(asyncio.ensure_future(heartbeat()))"]),
 "poller": ("async def watch_depth(probe):\n    while True:\n        STATS[\"depth\"] = int(probe())\n        await asyncio.sleep(0.5)",
            ["background.append(asyncio.ensure_future(watch_depth(lambda: %PROBE%)))"]),
 "outbox": ("async def mailer(outbox):\n    while True:\n        await outbox.get()\n        STATS[\"mails\"] += 1\n\n\nasync def digest(outbox):\n    while True:\n        await asyncio.sleep(20)\n        outbox.put_nowait(\"digest\")",
            ["outbox = asyncio.Queue()", "background += [asyncio.ensure_future(mailer(outbox)), asyncio.ensure_future(mailer(outbox)), asyncio.ensure_future(digest(outbox))]"]),
 "timer": ("def tick(loop):\n    STATS[\"ticks\"] += 1\n    loop.call_later(1.5, tick, loop)",
           ["tick(asyncio.get_running_loop())"]),
 "echo": ("async def echo(reader, writer):\n    while True:\n        line = await reader.readline()\n        if not line:\n            break\n        writer.write(line)\n    writer.close()",
          ["server = await asyncio.start_server(echo, \"127.0.0.1\", 0)", "client = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])", "background += [server, client]"]),
 "metrics": ("def metrics():\n    while True:\n        time.sleep(3)\n        STATS[\"scrapes\"] += 1",
             ["threading.Thread(target=metrics, name=\"metrics\", daemon=True).start()"]),
 "traffic": ("async def cache_user(lock):\n    while True:\n        async with lock:\n            await asyncio.sleep(0.2)\n        await asyncio.sleep(0.1)",
             ["cache_lock = asyncio.Lock()", "background += [asyncio.ensure_future(cache_user(cache_lock)) for _ in range(2)]"]),
 "sleeper": ("def nightly():\n    time.sleep(3600)\n    STATS[\"nights\"] += 1",
             ["threading.Thread(target=nightly, name=\"nightly\", daemon=True).start()"]),
 "subscriber": ("async def subscribe(sock):\n    while True:\n        data = await asyncio.get_running_loop().sock_recv(sock, 4096)\n        STATS[\"news\"] += len(data)",
                ["near, far = socket.socketpair()", "near.setblocking(False)", "background += [far, asyncio.ensure_future(subscribe(near))]",
                 "T|threading.Thread(target=announce, args=(far,), daemon=True).start()"]),
}
PUBLISH = "T|\nT|\nT|def announce(sock):\nT|    while True:\nT|        time.sleep(15)\nT|        sock.send(b\"news\\n\")"
T_NOISE = {
 "heartbeat": ("def heartbeat():\n    while True:\n        time.sleep(2)\n        STATS[\"beats\"] += 1",
               ["threading.Thread(target=heartbeat, name=\"heartbeat\", daemon=True).start()"]),
 "poller": ("def watch_depth(probe):\n    while True:\n        STATS[\"depth\"] = int(probe())\n        time.sleep(0.5)",
            ["threading.Thread(target=watch_depth, args=(lambda: %PROBE%,), name=\"watch-depth\", daemon=True).start()"]),
 "outbox": ("def mailer(outbox):\n    while True:\n        outbox.get()\n        STATS[\"mails\"] += 1\n\n\ndef digest(outbox):\n    while True:\n        time.sleep(20)\n        outbox.put(\"digest\")",
            ["outbox = queue.Queue()", "for fn in (mailer, mailer, digest):", "    threading.Thread(target=fn, args=(outbox,), daemon=True).start()"]),
 "timer": ("def tick():\n    STATS[\"ticks\"] += 1\n    t = threading.Timer(2, tick)\n    t.daemon = True\n    t.start()", ["tick()"]),
 "echo": ("def echo(server):\n    conn, _ = server.accept()\n    while True:\n        data = conn.recv(1000)\n        if not data:\n            return\n        conn.sendall(data)",
          ["server = socket.create_server((\"127.0.0.1\", 0))", "threading.Thread(target=echo, args=(server,), name=\"echo\", daemon=True).start()", "client = socket.create_connection(server.getsockname())"]),
 "metrics": ("def metrics():\n    while True:\n        time.sleep(3)\n        STATS[\"scrapes\"] += 1",
             ["threading.Thread(target=metrics, name=\"metrics\", daemon=True).start()"]),
 "traffic": ("def cache_user(lock):\n    while True:\n        with lock:\n            time.sleep(0.2)\n        time.sleep(0.1)",
             ["cache_lock = threading.Lock()", "for _ in range(2):", "    threading.Thread(target=cache_user, args=(cache_lock,), daemon=True).start()"]),
 "sleeper": ("def nightly():\n    time.sleep(3600)\n    STATS[\"nights\"] += 1",
             ["threading.Thread(target=nightly, name=\"nightly\", daemon=True).start()"]),
 "subscriber": ("def subscribe(sock):\n    while True:\n        STATS[\"news\"] += len(sock.recv(4096))",
                ["near, far = socket.socketpair()", "threading.Thread(target=subscribe, args=(near,), name=\"subscribe\", daemon=True).start()",
                 "T|threading.Thread(target=announce, args=(far,), daemon=True).start()"]),
}
NOISE_NAMES = r"heartbeat|watch_depth|mailer|digest|tick|echo|metrics|cache_user|nightly|subscribe"

def noise(g, kind, probe=None, deny=(), allow=None):
    table = A_NOISE if kind == "asyncio" else T_NOISE
    names = [n for n in sorted(allow or table) if n not in deny and n in table]
    k = min(g.r.choice([0, 1, 1, 2, 2, 3]), len(names))
    chosen = g.r.sample(names, k)
    defs, start = [], []
    if kind == "asyncio" and chosen: start.append("background = []")
    for n in chosen:
        d, s = table[n]
        p = probe or ("len(asyncio.all_tasks())" if kind == "asyncio" else "threading.active_count()")
        if n == "subscriber": d += "\n" + PUBLISH
        defs += ["", ""] + d.split("\n")
        start += [x.replace("%PROBE%", p) for x in s]
    g.noise = chosen
    if chosen: defs = ["STATS = defaultdict(int)"] + defs
    return defs, start

# --- rendering ----------------------------------------------------------------------------------------------------------------
MODULES = "asyncio concurrent.futures collections contextlib functools itertools json logging multiprocessing os queue random select signal socket subprocess sys threading time".split()
FROM = [("collections", ["defaultdict", "deque", "namedtuple"]), ("concurrent.futures", ["ThreadPoolExecutor", "Future"]), ("contextlib", ["AsyncExitStack", "ExitStack", "asynccontextmanager", "contextmanager", "suppress"]),
        ("contextvars", ["ContextVar"]), ("dataclasses", ["dataclass", "field"]), ("functools", ["partial", "wraps"])]

def imports(code):
    out = [f"import {m}" for m in MODULES if re.search(r"(?<![\w.\"'])" + re.escape(m) + r"\.", code)]
    for m, names in FROM:
        have = [n for n in names if re.search(r"(?<![\w.])" + n + r"\b(?!\.)", code)]
        if have: out.append(f"from {m} import {', '.join(have)}")
    return out

def expand(g, text, blocks):
    """%name% lines are replaced by blocks; $words by words."""
    out = []
    for line in (text.split("\n") if isinstance(text, str) else text):
        m = re.match(r"([HT]\|)?( *)%(\w+)%$", line)
        if m:
            b = blocks.get(m.group(3), [])
            if isinstance(b, str): b = dd(b).split("\n") if b else []
            b = expand(g, ind(b, len(m.group(2))), blocks)
            out += [(m.group(1) + x if m.group(1) and not re.match(r"[HT]\|", x) else x) for x in b]
        else: out.append(line)
    return out

def variant(lines, which):
    out = []
    for l in lines:
        m = re.match(r"([HT])\|(.*)", l, re.S)
        if m:
            if m.group(1) != which: continue
            l = m.group(2)
        out.append(l)
    res, blank = [], 0                    # at most two blank lines
    for l in out:
        blank = blank + 1 if not l.strip() else 0
        if blank <= 2: res.append(l)
    while res and not res[0].strip(): res.pop(0)
    while res and not res[-1].strip(): res.pop()
    return res

def tidy(args):
    """'a, b,' and 'a, ' -> 'a, b' and 'a,'"""
    inner = args.strip().rstrip(",").strip()
    if not inner or "(" in inner or "lambda" in inner: return args
    return inner if "," in inner else inner + ","

def finish(lines, fname):
    marks, out = [], []
    for i, l in enumerate(lines, 1):
        if l.rstrip().endswith("#@"):
            marks.append({"file": fname, "line": i}); l = l.rstrip()[:-2].rstrip()
        l = re.sub(r"args=\((.*?)\)(, name|, daemon|\))", lambda m: "args=(" + tidy(m.group(1)) + ")" + m.group(2), l)
        out.append(l.replace(", args=(),", ","))
    return "\n".join(out) + "\n", marks

def space(lines):
    """two blank lines before top level definitions"""
    out = []
    for i, l in enumerate(lines):
        top = re.match(r"(async def|def|class|@)\b", l) or re.match(r"@", l)
        if top and out and not out[-1].startswith("@"):
            while out and not out[-1].strip(): out.pop()
            out += ["", ""]
        elif out and l.strip() and not l[0].isspace() and not top:
            k = len(out) - 1
            while k >= 0 and not out[k].strip(): k -= 1
            if k >= 0 and (out[k][0].isspace()) and not re.match(r"[)\]}]|elif|else|except|finally", l):
                while out and not out[-1].strip(): out.pop()
                out += ["", ""]
        out.append(l)
    return out

def render(g, p, which):
    """{file name: text}, [marks]"""
    base = ("" if which == "H" else "healthy_") + f"g{g.seed}_{g.mech}"
    lines = [g.sub(l) for l in expand(g, dd(p["body"]), p["blocks"])]
    lines = variant(lines, which)
    helper = None
    if p.get("helper"):
        hl = space(variant([g.sub(l) for l in expand(g, p["helper"], p["blocks"])], which))
        hn = ("" if which == "H" else "healthy_") + f"g{g.seed}_{p.get('helper_name', 'store')}"
        head = [f'"""{g.w["Thing"]} store."""'] + imports("\n".join(hl))
        htext, hmarks = finish(head + ["", ""] + hl, hn + ".py")
        helper = (hn, htext, hmarks)
    code = "\n".join(lines)
    tally = dd(f'''
        DONE = itertools.count(1)


        def {g.w["tally"]}(what):
            print("PROGRESS", next(DONE), what, file=sys.stderr, flush=True)
        ''').split("\n")
    top = [f'"""{g.sub(p.get("doc", "$Thing service."))}"""']
    imp = imports(code + "\nsignal.alarm(1)\nitertools.count(1)\nsys.stderr")
    if helper: imp += ["", f"from {helper[0]} import {', '.join(p['helper_imports'])}"]
    full = space(top + imp + ["", "signal.alarm(900)"] + tally + ["", ""] + lines)
    text, marks = finish(full, base + ".py")
    files = {base + ".py": text}
    if helper: files[helper[0] + ".py"] = helper[1]; marks = marks + helper[2]
    return base, files, marks

def expect_of(g, p, which, marks):
    if which == "T":
        verdict = p.get("twin_verdict", ["idle", "waiting", "busy"])
        return dict(versions=p.get("versions", ALL), needs=[], look=p.get("look", ["--pid"]), pid=p.get("pid", "main"), settle_s=2, healthy=True, verdict=verdict, culprit=[], kinds=[], must_name=[],
                    must_not_say=["nobody alive", r"\bno live (task|thread)s? holds|\bnobody( alive)? holds"] + p.get("twin_not", []), exit_code=[0], answer="healthy: " + g.sub(p["twin"]), mechanism=None)
    nots = [r"^RECOVERY in \d"] + p.get("nots", [])
    if g.noise: nots.append(r"^CULPRIT[^\n]*\b(" + NOISE_NAMES + r")\b")
    return dict(versions=p.get("versions", ALL), needs=[], look=p.get("look", ["--pid"]), pid=p.get("pid", "main"), settle_s=2, healthy=False, verdict=list(p["verdict"]), culprit=marks,
                kinds=[], must_name=[([g.sub(x) for x in m] if isinstance(m, list) else g.sub(m)) for m in p["must"]], must_not_say=nots,
                exit_code=[0, 3] if "waiting" in p["verdict"] else [3], answer=g.sub(p["truth"]), mechanism=None)
