#!/usr/bin/env python3
"""Makes sample recordings and fills the template with them.

    sample.py KIND OUT.html [--json OUT.json]

KIND: small (an imagined web service), large (50,000 distinct stacks), hostile (names that try to break
out of the page), deep (one stack of 3,000 frames), empty (nothing recorded).
"""
import argparse
import json
import pathlib
import random

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "src/profile/flamegraph.html"
SECOND = 1_000_000_000


class Builder:
    """Collects strings, frames and reasons once each."""

    def __init__(self, title, command="python app.py", duration=30.0):
        self.strings, self.frames, self.reasons = {}, {}, {}
        self.groups, self.loops = {}, {}
        self.out = {
            "version": 1, "title": title, "pid": 4242, "python": "3.13.0", "command": command,
            "began": "2026-11-30T01:02:03Z", "duration_s": duration,
            "trust": ["asked for 100 looks a second, had 99.6", "0 late, 3 rejected", "process held for 0 %",
                      "own processor time 3.1 % of a core", "tasks followed: 1000 of 1000"],
            "stacks": [], "lag": [], "steps": [],
        }

    def string(self, text):
        return self.strings.setdefault(text, len(self.strings))

    def numbered(self, table, key):
        return table.setdefault(key, len(table))

    def frame(self, name, file=None, line=None, own=1):
        f = None if file is None else self.string(file)
        return self.numbered(self.frames, (self.string(name), f, line, own))

    def reason(self, kind, text):
        return self.numbered(self.reasons, (kind, self.string(text)))

    def group(self, name):
        return self.numbered(self.groups, self.string(name))

    def loop(self, name):
        return self.numbered(self.loops, self.string(name))

    def stack(self, frames, state, wall, cpu=0, reason=None, group="main", loop=None, who="task"):
        self.out["stacks"].append({
            "f": frames, "r": None if reason is None else self.reason(*reason), "s": state,
            "g": self.group(group), "p": None if loop is None else self.loop(loop), "who": who,
            "wall": int(wall * SECOND), "cpu": int(cpu * SECOND)})

    def done(self):
        self.out["strings"] = list(self.strings)
        self.out["frames"] = [{"n": n, "f": f, "l": l, "o": o} for n, f, l, o in self.frames]
        self.out["reasons"] = [{"k": k, "t": t} for k, t in self.reasons]
        self.out["groups"], self.out["loops"] = list(self.groups), list(self.loops)
        return self.out


LIB = "/usr/lib/python3.13/"
SITE = "/srv/shop/.venv/lib/python3.13/site-packages/"
OWN = "/srv/shop/shop/"


def lag_points(rng, duration, rate, spikes):
    """Looks at exponential gaps; 0 while the loop polls; `spikes` are (begin, length)."""
    points, t = [], 0.0
    while (t := t + rng.expovariate(rate)) < duration:
        age = rng.expovariate(1 / 0.002) if rng.random() < 0.35 else 0.0
        for begin, length in spikes:
            if begin <= t < begin + length:
                age = t - begin
        points.append([round(t, 4), round(age, 6)])
    return points


def small():
    b = Builder("record of pid 4242, CPython 3.13.0", "python -m uvicorn shop.app:app --port 8000")
    rng = random.Random(7)
    loop = "#1 MainThread"
    run = b.frame("RequestResponseCycle.run_asgi", SITE + "uvicorn/protocols/http/h11_impl.py", 408, 0)
    app = b.frame("FastAPI.__call__", SITE + "fastapi/applications.py", 1054, 0)
    route = b.frame("Route.handle", SITE + "starlette/routing.py", 288, 0)
    endpoint = b.frame("run_endpoint_function", SITE + "fastapi/routing.py", 212, 0)
    order = b.frame("create_order", OWN + "api/orders.py", 41)
    cart = b.frame("show_cart", OWN + "api/carts.py", 18)
    user = b.frame("load_user", OWN + "users.py", 27)
    price = b.frame("price_of", OWN + "prices.py", 63)
    acquire = b.frame("Pool.acquire", SITE + "asyncpg/pool.py", 866, 0)
    fetch = b.frame("Connection.fetchrow", SITE + "asyncpg/connection.py", 748, 0)
    lock = b.frame("Lock.acquire", LIB + "asyncio/locks.py", 108, 0)
    get = b.frame("Queue.get", LIB + "asyncio/queues.py", 186, 0)
    put = b.frame("Queue.put", LIB + "asyncio/queues.py", 147, 0)
    sleep = b.frame("sleep", LIB + "asyncio/tasks.py", 718, 0)
    read = b.frame("StreamReader.readexactly", LIB + "asyncio/streams.py", 769, 0)
    execute = b.frame("run_in_executor", LIB + "asyncio/base_events.py", 866, 0)
    http = [run, app, route, endpoint]
    request = {"group": "run_asgi", "loop": loop}

    def add(frames, wall, reason, **kw):
        b.stack(frames, "waiting", wall, 0, reason, **{**request, **kw})

    add(http + [order, user, acquire, get], 214.6, ("queue-get", "pool Pool: all 10 connections in use"))
    add(http + [order, user, fetch], 96.2, ("socket-read", "socket 10.0.0.7:5432"))
    add(http + [order, price, lock], 148.4, ("lock", 'lock "prices"'))
    add(http + [order, price, b.frame("fetch_rates", OWN + "prices.py", 88), read], 61.3, ("socket-read", "socket 203.0.113.20:443"))
    add(http + [cart, user, acquire, get], 88.1, ("queue-get", "pool Pool: all 10 connections in use"))
    add(http + [cart, user, fetch], 41.7, ("socket-read", "socket 10.0.0.7:5432"))
    add(http + [cart, b.frame("render_cart", OWN + "templates.py", 12), execute], 52.9, ("executor", "executor asyncio_0: 8 of 8 busy"))
    add(http + [cart, b.frame("gather_items", OWN + "api/carts.py", 33)], 33.5, ("gather", "gather of 12 tasks"))
    b.stack(http + [order, price], "ready", 38.8, 0, None, **request)
    b.stack(http + [cart, user], "ready", 17.2, 0, None, **request)
    b.stack(http + [order, b.frame("checksum", OWN + "api/orders.py", 77)], "running", 9.4, 9.1, None, **request)
    b.stack(http + [order, b.frame("to_json", OWN + "api/orders.py", 90), b.frame("JSONEncoder.encode", LIB + "json/encoder.py", 199, 0)], "running", 3.1, 3.0, None, **request)
    b.stack(http + [cart, b.frame("price_table", OWN + "prices.py", 120), b.frame("DataFrame.merge", SITE + "pandas/core/frame.py", 10839, 0)], "native", 4.6, 4.4, ("native", "in _libs/join (native code)"), **request)
    for i in range(6):
        item = b.frame("load_item", OWN + "items.py", 20 + 3 * i)
        b.stack([item, fetch], "waiting", 6.5 / (i + 1), 0, ("socket-read", "socket 10.0.0.7:5432"), "load_item", loop)
        b.stack([item, b.frame("cached", OWN + "cache.py", 51), read], "waiting", 4.2 / (i + 1), 0, ("socket-read", "socket 10.0.0.9:6379"), "load_item", loop)
    consume = b.frame("consume", OWN + "jobs.py", 30)
    b.stack([consume, get], "waiting", 186.0, 0, ("queue-get", 'queue "jobs": empty, 8 wait'), "consume", loop)
    b.stack([consume, b.frame("send_mail", OWN + "mail.py", 44), b.frame("SMTP.connect", SITE + "aiosmtplib/smtp.py", 301, 0)], "waiting", 39.0, 0, ("connect", "connect 198.51.100.4:587"), "consume", loop)
    b.stack([consume, b.frame("publish", OWN + "jobs.py", 58), put], "waiting", 15.0, 0, ("queue-put", 'queue "events": 100 of 100'), "consume", loop)
    b.stack([b.frame("refresh_prices", OWN + "prices.py", 140), sleep], "waiting", 29.1, 0, ("timer", "sleep of 5 s"), "refresh_prices", loop)
    b.stack([b.frame("refresh_prices", OWN + "prices.py", 143), b.frame("wait", LIB + "asyncio/tasks.py", 451, 0)], "waiting", 0.9, 0, ("wait", "wait for 3 tasks"), "refresh_prices", loop)
    b.stack([b.frame("watchdog", OWN + "app.py", 66), b.frame("Event.wait", LIB + "asyncio/locks.py", 212, 0)], "waiting", 30.0, 0, ("event", "event _stopping"), "watchdog", loop)
    b.stack([b.frame("thumbnails", OWN + "images.py", 25), b.frame("Process.wait", LIB + "asyncio/subprocess.py", 137, 0)], "waiting", 22.0, 0, ("subprocess", "process 4310 convert"), "thumbnails", loop)
    main_thread = [b.frame("<module>", OWN + "__main__.py", 9), b.frame("run", LIB + "asyncio/runners.py", 195, 0), b.frame("_run_once", LIB + "asyncio/base_events.py", 1998, 0)]
    thread = {"group": "MainThread", "loop": loop, "who": "thread"}
    b.stack(main_thread + [b.frame("EpollSelector.select", LIB + "selectors.py", 448, 0)], "waiting", 11.8, 0.2, ("select", "select"), **thread)
    b.stack(main_thread + [b.frame("Handle._run", LIB + "asyncio/events.py", 89, 0), run, app, route, endpoint, order], "running", 15.2, 14.6, None, **thread)
    b.stack(main_thread + [b.frame("Handle._run", LIB + "asyncio/events.py", 89, 0), run, app], "gil", 3.0, 0, ("gil", "GIL, held by asyncio_3"), **thread)
    for i in range(8):
        worker = [b.frame("Thread._bootstrap", LIB + "threading.py", 1014, 0), b.frame("_worker", LIB + "concurrent/futures/thread.py", 93, 0)]
        pool = {"group": f"asyncio_{i}", "who": "thread"}
        busy = 26 - 2.5 * i
        b.stack(worker + [b.frame("render", OWN + "templates.py", 31)], "running", busy * .4, busy * .39, None, **pool)
        b.stack(worker + [b.frame("render", OWN + "templates.py", 31)], "gil", busy * .6, 0, ("gil", "GIL, held by MainThread"), **pool)
        b.stack(worker, "waiting", 30 - busy, 0, ("thread-lock", "queue of the pool: empty"), **pool)
    spikes = [(4.2, .31), (9.7, .912), (15.05, .18), (21.4, .55), (26.9, .12)] + [(rng.uniform(0, 29), rng.uniform(.05, .1)) for _ in range(9)]
    b.out["lag"].append({"loop": b.loop(loop), "points": lag_points(rng, 30, 100, spikes)})
    lines = [b.frame("checksum", OWN + "api/orders.py", 77), b.frame("DataFrame.merge", SITE + "pandas/core/frame.py", 10839, 0), b.frame("JSONEncoder.encode", LIB + "json/encoder.py", 199, 0)]
    for i, (at, s) in enumerate(sorted(spikes, key=lambda x: -x[1])):
        b.out["steps"].append({"loop": 0, "at": round(at, 3), "s": round(s, 4), "frame": lines[min(i % 4, 2)], "g": b.group("run_asgi")})
    return b.done()


def large(count=50_000):
    b = Builder("record of pid 977, CPython 3.13.0", "python -m service", 600.0)
    rng = random.Random(11)
    frames = [b.frame(f"{rng.choice(['load', 'send', 'parse', 'check', 'merge', 'apply'])}_{rng.choice(['user', 'order', 'page', 'row', 'key'])}_{i}",
                      f"/srv/service/{rng.choice('abcdefgh')}/mod_{i % 90}.py", rng.randrange(1, 900), int(rng.random() < .45)) for i in range(4000)]
    kinds = ["lock", "queue-get", "socket-read", "socket-write", "timer", "executor", "task", "gather", "future", "event", "select"]
    reasons = [(k := rng.choice(kinds), f"{k} {i}") for i in range(300)]
    groups = [f"handle_{i}" for i in range(40)]
    loops = ["#1 MainThread", "#2 io"]
    seen, prefixes = set(), [[rng.choice(frames)] for _ in range(12)]
    while len(seen) < count:
        base = prefixes[min(int(rng.expovariate(1 / (len(prefixes) / 3 + 1))), len(prefixes) - 1)]
        stack = (base + [rng.choice(frames) for _ in range(rng.randrange(1, 9))])[:44]
        if len(prefixes) < 9000:
            prefixes.append(stack)
        state = rng.choices(["waiting", "ready", "running", "gil", "native"], [80, 8, 8, 2, 2])[0]
        key = (tuple(stack), state)
        if key in seen:
            continue
        seen.add(key)
        wall = rng.paretovariate(1.1) * .004
        who = "thread" if rng.random() < .1 else "task"
        b.stack(stack, state, wall, wall * .9 if state in ("running", "native") else 0, rng.choice(reasons) if state == "waiting" else None,
                rng.choice(groups), rng.choice(loops), who)
    for name in loops:
        spikes = [(rng.uniform(0, 600), rng.uniform(.05, 1.4)) for _ in range(40)]
        b.out["lag"].append({"loop": b.loop(name), "points": lag_points(rng, 600, 60, spikes)})
        for at, s in spikes[:25]:
            b.out["steps"].append({"loop": b.loop(name), "at": at, "s": s, "frame": rng.choice(frames), "g": 0})
    b.out["steps"].sort(key=lambda s: -s["s"])
    return b.done()


def hostile():
    bad = ['</script><script>window.broken = 1</script>', '<img src=x onerror="window.broken = 2">', '<b>bold</b>', "__RECORDING__", "__proto__",
           "constructor", "\u202egnp.exe", "a\x00b\x1b[31mred", "\ud83d\ude00 喵喵喵喵喵喵喵喵喵", "x" * 5000, "", "'\"><svg/onload=window.broken=3>", "&lt;script&gt;", "${1+1}", "\u2028line"]
    b = Builder("</title><script>window.broken = 4</script>", '"; window.broken = 5; "')
    b.out["trust"] = bad[:3]
    for i, text in enumerate(bad):
        b.stack([b.frame(text, text, 1), b.frame(bad[-i], bad[i - 3], None, 0)], "waiting", 1 + i, 0, ("__proto__" if i % 2 else text, text), text, text)
    out = b.done()
    out["lag"] = [{"loop": 0, "points": [[1, .5], [2, .1]]}, {"loop": 99, "points": "no"}]
    out["steps"] = [{"loop": 0, "at": 1, "s": .5, "frame": 0, "g": 0}, {"loop": 98, "at": 1, "s": .4, "frame": 10**9, "g": -4}]
    # Numbers that point nowhere.
    out["stacks"].append({"f": [10**9, -1, 0], "r": 10**9, "s": "?", "g": -3, "p": 77, "who": "task", "wall": SECOND, "cpu": -5})
    out["stacks"].append({"f": [], "r": None, "s": "waiting", "g": 0, "p": None, "who": "task", "wall": SECOND, "cpu": 0})
    return out


def deep():
    b = Builder("record of pid 1, CPython 3.12.1")
    f = [b.frame("walk", "/srv/tree.py", i % 7 + 1) for i in range(3000)]
    b.stack(f, "running", 2, 2)
    b.stack(f[:1500], "waiting", 1, 0, ("timer", "sleep of 1 s"))
    return b.done()


def empty():
    return Builder("record of pid 9, CPython 3.13.0", duration=0).done()


def fill(recording) -> str:
    data = json.dumps(recording, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    return TEMPLATE.read_text().replace("__RECORDING__", data, 1)


KINDS = {"small": small, "large": large, "hostile": hostile, "deep": deep, "empty": empty}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    recording = KINDS[args.kind]()
    args.out.write_text(fill(recording), encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps(recording), encoding="utf-8")


if __name__ == "__main__":
    main()
