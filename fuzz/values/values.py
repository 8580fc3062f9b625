"""A program that waits with variables of all kinds in its frames.

READY comes when it does. scripts/fuzz-values makes captures of it.
"""

import asyncio
import collections
import dataclasses
import enum
import functools
import threading
import types
import weakref


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Flags(enum.IntFlag):
    A = 1
    B = 2


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self):
        self.x = [1]


class Base:
    shared = "class attribute"

    @property
    def computed(self):
        return 1

    def method(self):
        return self


class Derived(Base):
    def __init__(self, depth):
        self.x = depth
        self.inner = Derived(depth - 1) if depth else None
        self.me = self


class Numbers(list):
    pass


Pair = collections.namedtuple("Pair", "x y")


def generator(n):
    yield from range(n)


async def waits(event, depth, *args, key=None, **more):
    numbers = [0, 1, -1, 2**30, -(2**64), 10**40, True, 1.5, float("nan"), 2 + 3j]
    texts = ["", "a", "\xe9t\xe9", "\u4f60\u597d", "\U0001f600", "x" * 300, "l\ni\tn\\e'\""]
    raw = [b"", b"\x00\xff", bytearray(b"abc"), memoryview(b"abc")]
    pair, point, slotted = Pair(1, [2]), Point(3), Slotted()
    nested = {"a": [1, (2, {3, 4}, frozenset([5]))], 6: {}, None: ..., (7,): {"b": {"c": "d"}}}
    nested["self"] = nested
    ordered = collections.OrderedDict(x=1, y=2)
    default = collections.defaultdict(list, k=[1])
    counter, queue = collections.Counter("hello"), collections.deque([1, 2, 3], 10)
    holes = {number: str(number) for number in range(20)}
    for number in range(0, 20, 2):
        del holes[number]
    many = set(range(40))
    thing = Derived(3)
    bound, partial = thing.method, functools.partial(waits, depth=2)
    weak, proxy = weakref.ref(thing), types.MappingProxyType({"x": 1})
    space = types.SimpleNamespace(x=1, text="t")
    colour, flags, kind = Colour.RED, Flags.A | Flags.B, Numbers([3, 1, 2])
    error = ValueError("wrong", 3)
    steps, part, view = generator(3), range(1, 100, 7), {"x": 1}.keys()
    next(steps)

    def closure():
        return depth, thing, event

    if depth:
        await waits(event, depth - 1, *texts[:2], key=thing, x=closure)
    else:
        await event.wait()
    return locals(), args, more, key, bound, partial, weak, proxy, space, colour, flags, kind, error
    return pair, point, slotted, ordered, default, counter, queue, many, part, view, raw, numbers


def in_thread(lock, ready, values):
    mapping = dict(enumerate(values))
    with ready:
        ready.notify_all()
    with lock:
        return mapping


async def main():
    event, lock, ready = asyncio.Event(), threading.Lock(), threading.Condition()
    lock.acquire()
    with ready:
        threading.Thread(target=in_thread, args=(lock, ready, "values"), daemon=True).start()
        ready.wait()
    tasks = [asyncio.ensure_future(waits(event, depth, x=depth)) for depth in range(3)]
    await asyncio.sleep(0.05)
    print("READY", flush=True)
    await asyncio.gather(*tasks)


asyncio.run(main())
