"""Values of every kind in one frame, and what expressions on them give there:
`expressions.py TRUTH.json`.

`expressions.txt` has the expressions. Those that may be answered are evaluated
here, by `eval` with the names that code in `probe` sees, and written down. Then
`probe` waits. SIGUSR1 asks how often code of the classes below has run since.
"""

import collections
import dataclasses
import enum
import functools
import math
import os  # noqa: F401 (the expressions use it)
import signal
import sys
import threading
import types
import weakref

from expression_table import CALLS, answer, answers, raised, write

FOREVER_S = 3600

# ---------------------------------------------------------------- classes of a program


def counting(name, result=None):
    """A function that counts its calls."""

    def special(*arguments, **keywords):
        CALLS[name] += 1
        return result

    special.__name__ = special.__qualname__ = name
    return special


def one_with(**results):
    """An instance of a class that has these special methods."""
    return type("One", (), {name: counting(name, result) for name, result in results.items()})()


class Plain:
    shared = "class attribute"
    limit = 3
    pieces = [1, 2, 3]

    def __init__(self, first=1, second="two"):
        CALLS["Plain"] += 1
        self.first = first
        self.second = second

    def method(self, argument=1):
        CALLS["method"] += 1
        return argument

    @property
    def doubled(self):
        CALLS["doubled"] += 1
        return self.first * 2

    @staticmethod
    def fixed():
        CALLS["fixed"] += 1

    @classmethod
    def made(cls):
        CALLS["made"] += 1


class Child(Plain):
    shared = "of the child"

    def __init__(self):
        super().__init__(10)
        self.own = {"key": [1, 2]}
        self.parent = self


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self):
        self.left = "on the left"


class SlottedChild(Slotted):
    __slots__ = ("extra", "__dict__")

    def __init__(self):
        super().__init__()
        self.extra = 1
        self.in_dict = 2


class Dynamic:
    def __init__(self):
        self.there = 1

    def __getattr__(self, name):
        CALLS["__getattr__"] += 1
        raise AttributeError(name)


class Intercepting:
    there = 1

    def __getattribute__(self, name):
        CALLS["__getattribute__"] += 1
        return 2


class Descriptor:
    def __get__(self, instance, owner):
        CALLS["__get__"] += 1
        return 1


class Described:
    described = Descriptor()


class Meta(type):
    def __getattr__(cls, name):
        CALLS["Meta.__getattr__"] += 1
        return 1

    def __call__(cls, *arguments):
        CALLS["Meta.__call__"] += 1
        return type.__call__(cls, *arguments)

    def __instancecheck__(cls, instance):
        CALLS["Meta.__instancecheck__"] += 1
        return True


class Metaclassed(metaclass=Meta):
    plain_one = 1


class Keyed:
    """Equal by its number, with a hash that collides with the number's."""

    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        CALLS["Keyed.__eq__"] += 1
        return getattr(other, "number", other) == self.number

    def __hash__(self):
        CALLS["Keyed.__hash__"] += 1
        return hash(self.number)


class Unhashable:
    def __eq__(self, other):
        CALLS["Unhashable.__eq__"] += 1
        return True


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class Access(enum.Flag):
    READ = 1
    WRITE = 2


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Order:
    number: int
    items: list
    note: str = "none"


class Whole(int):
    pass


class Fraction(float):
    pass


class Label(str):
    pass


class Row(list):
    pass


class Triple(tuple):
    pass


class Table(dict):
    pass


class Missing(dict):
    def __missing__(self, key):
        CALLS["__missing__"] += 1
        return "made"


class Loud(str):
    def __str__(self):
        CALLS["Loud.__str__"] += 1
        return "loud"

    def upper(self):
        CALLS["Loud.upper"] += 1
        return "LOUD"


class Odd(int):
    def __add__(self, other):
        CALLS["Odd.__add__"] += 1
        return 0

    def __eq__(self, other):
        CALLS["Odd.__eq__"] += 1
        return True

    __hash__ = int.__hash__


class Failing(Exception):
    def __str__(self):
        CALLS["Failing.__str__"] += 1
        return "made"


def function(first, second=2, *rest, keyword="word"):
    CALLS["function"] += 1
    return first


def count_up():
    CALLS["count_up"] += 1
    yield 1
    yield 2


async def coroutine_function():
    CALLS["coroutine_function"] += 1


license = "a global with the name of a builtin"
only_global = "of the module"
shadowed = "of the module, behind a local"
later = "of the module, behind an unbound local"
GLOBAL_LIST = [10, 20, 30]

# ---------------------------------------------------------------- the frame


def enclosing(path):
    celled, cell_list = "in a cell", [1, 2, 3]

    def probe(argument, *rest, keyword="word", **others):
        zero, one, small, negative = 0, 1, 7, -13
        big, minus_big = 2**200, -(2**100) - 1
        yes, no, nothing, dots, unknown = True, False, None, Ellipsis, NotImplemented
        tenth, half, third, minus_zero, nan, inf = 0.1, 0.5, 1 / 3, -0.0, math.nan, math.inf
        large, tiny, whole_float = 1e16, 5e-324, 4.0
        pointed, imaginary = 3 + 4j, -1j
        text, empty_text, quoted, both_quotes = "plain", "", "it's", "'\""
        latin, bmp, astral, lone = "caf\xe9", "имя", "x\U0001F600y", "a\udc80"
        lines, padded, title, digits = "one\ntwo\r\nthree\n", "  both \t", "Hello, World", "0042"
        long_text, control = "abc" * 5000, "\t\0\x1b\x7f\x85\xad\u2028"
        data, binary, empty_data, array = b"plain", b"\x00\xff\n\\'", b"", bytearray(b"array")
        pair, single, empty_tuple, nested_tuple = (1, "two"), (1,), (), ((1, 2), (3, (4, 5)))
        items, empty_list, nested = [3, 1, 2], [], [[1], [2, [3]], "x"]
        words, matrix, long_list = ["pear", "apple", "fig"], [[1, 2, 3], [4, 5, 6]], list(range(3000))
        mixed = [None, True, 1.5, b"b", ("t",), "s", ...]
        looped, looped_dict = [1], {"a": 1}
        looped.append(looped)
        looped_dict["self"] = looped_dict
        ages, by_number = {"ann": 31, "bob": 25}, {1: "one", 2: "two", -1: "minus one"}
        by_tuple, mixed_keys = {(1, 2): "pair", (): "none"}, {"a": 1, 1: "int", None: 0, 2.5: [1]}
        true_key, empty_dict, large_dict = {True: "yes"}, {}, {n: n * n for n in range(2000)}
        holes = {number: str(number) for number in range(8)}
        del holes[0], holes[5]
        numbers, frozen, empty_set = {3, 1, 2}, frozenset({4, 5}), set()
        word_set, tuple_set = {"one", "two", "three"}, {(1, 2), (3, 4)}
        queue, bounded = collections.deque([1, 2, 3]), collections.deque(range(9), maxlen=4)
        defaulted = collections.defaultdict(list, {"key": [1]})
        ordered = collections.OrderedDict([("first", 1), ("second", 2)])
        tally, proxy = collections.Counter("aabbbc"), types.MappingProxyType({"a": 1})
        span, down, part, back = range(2, 20, 3), range(10, 0, -2), slice(1, 3), slice(None, None, -1)
        point, order, same_order = Point(1, 2), Order(17, ["apple"]), Order(17, ["apple"])
        red, high, low, access = Colour.RED, Level.HIGH, Level.LOW, Access.READ | Access.WRITE
        error, os_error, key_error = ValueError("wrong"), OSError(2, "No such file"), KeyError("flag")
        failing = Failing("hidden")
        plain, other_plain, child = Plain(), Plain(5), Child()
        slotted, slotted_child = Slotted(), SlottedChild()
        dynamic, intercepting, described = Dynamic(), Intercepting(), Described()
        keyed, unhashable = Keyed(1), Unhashable()
        by_keyed, keyed_set, keyed_list = {keyed: "keyed"}, {keyed}, [keyed]
        anonymous, bound, builtin_bound = (lambda x: function(x)), plain.method, items.append
        partial, module, namespace = functools.partial(function, 1, key=2), math, types.SimpleNamespace(a=1)
        whole, fraction, label, row = Whole(5), Fraction(2.5), Label("tagged"), Row([1, 2])
        triple, ledger, missing = Triple((1, 2, 3)), Table(a=1), Missing(a=1)
        loud, odd = Loud("quiet"), Odd(3)
        generator, iterator, reference = count_up(), iter([1, 2, 3]), weakref.ref(plain)
        view, lock = memoryview(b"abc"), threading.Lock()
        has_eq, has_lt = one_with(__eq__=True), one_with(__lt__=True)
        has_hash, has_len, has_bool = one_with(__hash__=1), one_with(__len__=1), one_with(__bool__=True)
        has_contains, has_iter = one_with(__contains__=True), one_with(__iter__=iter(()))
        has_repr, has_str, has_format = one_with(__repr__="r"), one_with(__str__="s"), one_with(__format__="f")
        has_add, has_radd, has_neg = one_with(__add__=1), one_with(__radd__=1), one_with(__neg__=1)
        has_getitem, has_call = one_with(__getitem__=1), one_with(__call__=1)
        has_index, has_int, has_float = one_with(__index__=1), one_with(__int__=1), one_with(__float__=1.0)
        has_abs, has_round, has_missing = one_with(__abs__=1), one_with(__round__=1), one_with()
        has_dir, has_reversed = one_with(__dir__=()), one_with(__reversed__=())
        shadowed, größe = "of the frame", 5
        deleted = [item for item in range(3)]
        del deleted
        known = dict(globals(), **locals())
        for unbound in ("later", "deleted", "late_cell"):
            known.pop(unbound, None)
        entries = answers(known)
        for source in ("later", "deleted", "late_cell"):
            try:
                later if source == "later" else deleted if source == "deleted" else late_cell
            except NameError as unbound_error:
                entries.append(dict(raised(unbound_error), source=source, kind="either"))
        entries.append({"source": "item", "kind": "either", **answer("item", known)})
        write(path, entries)
        CALLS.clear()
        print("READY", path, flush=True)
        signal.sigtimedwait([signal.SIGUSR1], FOREVER_S)
        print("CALLS", sum(CALLS.values()), flush=True)
        later = celled, cell_list
        return later

    probe("an argument", 1, 2, keyword="given", more=3)
    late_cell = 1
    return late_cell


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    enclosing(sys.argv[1])
