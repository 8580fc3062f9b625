"""Local variables of every kind, one case per family, compared with Python's own repr.

A mode goes with each expected value: `repr` (equal to `repr(value)`), `type`
(only the type is settled, how an instance is shown is free), `contains` (the
text must hold these words), `starts` (long values, cut at some limit).
"""

import asyncio
import collections
import dataclasses
import datetime
import enum
import fractions
import functools
import math
import types
import weakref

import oracle
from cases import VERSION, case, expect_locals, keep, main, never


def by_repr(value):
    return "repr", oracle.full_name(type(value)), repr(value)


def by_type(value):
    return "type", oracle.full_name(type(value)), None


def holding(value, *words):
    return "contains", oracle.full_name(type(value)), list(words)


def starting(value, text):
    return "starts", oracle.full_name(type(value)), text


def expect(**values):
    """What the locals of the calling case must look like."""
    task = asyncio.current_task()
    expect_locals(task, task._coro.__name__, values)


def expect_repr(names):
    expect(**{name: by_repr(value) for name, value in names.items()})


# ---------------------------------------------------------------- numbers


@case
async def integers():
    zero, one, minus_one, small, minus_small = 0, 1, -1, 256, -5
    one_digit, two_digits, minus_two_digits = 2**30 - 1, 2**30, -(2**30)
    just_64_bit, over_64_bit, minus_64_bit = 2**63 - 1, 2**64, -(2**63)
    digit_border, over_digit_border = 2**60 - 1, 2**60
    forty_digits, minus_forty_digits = 10**40, -(10**40)
    expect_repr(locals())
    await never()


@case
async def integer_of_a_thousand_digits():
    huge = 3**2000
    expect(huge=starting(huge, ""))
    await never()


@case
async def booleans_and_none():
    yes, no, nothing = True, False, None
    expect_repr(locals())
    await never()


@case
async def floats():
    zero, minus_zero, one, tenth = 0.0, -0.0, 1.0, 0.1
    sum_of_tenths, third, large, small = 0.1 + 0.2, 1 / 3, 1e300, 5e-324
    ten_to_16, ten_to_15, ten_to_minus_5, ten_to_minus_4 = 1e16, 1e15, 1e-5, 1e-4
    infinite, minus_infinite, not_a_number = math.inf, -math.inf, math.nan
    pi = math.pi
    expect_repr(locals())
    await never()


@case
async def complex_numbers():
    plain, imaginary, negative, zero = 1 + 2j, 3j, -1.5 - 2.5j, 0j
    expect_repr(locals())
    await never()


# ---------------------------------------------------------------- text and bytes


@case
async def strings():
    ascii, empty, latin1, ucs2, ucs4 = "plain", "", "caf\xe9", "имя", "x\U0001F600y"
    apostrophe, quote, both = "it's", 'say "yes"', "'\""
    backslash, newline, tab_and_nul, escape = "a\\b", "a\nb", "\t\0", "\x1b[31m"
    unprintable, lone_surrogate, separator = "\x85\xad", "\udc80", "\u2028\u200b"
    interned = "identifier"
    expect_repr(locals())
    await never()


@case
async def long_string():
    long = "abc" * 10000
    expect(long=starting(long, "'abcabcabcabcabc"))
    await never()


@case
async def byte_strings():
    plain, empty, binary = b"plain", b"", b"\x00\xff\n\t\\"
    apostrophe, both = b"it's", b"'\""
    expect_repr(locals())
    await never()


@case
async def bytearrays():
    array = bytearray(b"array")
    expect(array=holding(array, "array"))
    await never()


# ---------------------------------------------------------------- containers


@case
async def lists_and_tuples():
    empty_list, numbers, nested = [], [1, 2, 3], [[1], [2, [3]], "x"]
    empty_tuple, single, pair = (), (1,), (1, "two")
    mixed = [None, True, 1.5, b"b", ("t",)]
    expect_repr(locals())
    await never()


@case
async def dictionaries():
    empty, text_keys, other_keys = {}, {"a": 1, "b": [2]}, {1: "one", (2, 3): None, None: 4.5}
    nested = {"outer": {"inner": {"value": 1}}}
    with_holes = {number: number for number in range(6)}
    del with_holes[0], with_holes[3]
    grown = dict.fromkeys("abcdefghi", 0)
    del grown["c"]
    expect_repr(locals())
    await never()


@case
async def sets():
    empty, numbers, frozen, empty_frozen = set(), {3, 1, 2}, frozenset({4, 5}), frozenset()
    texts = {"one", "two", "three"}
    with_dummies = {1, 2, 3, 4}
    with_dummies.discard(2)
    expect_repr(locals())
    await never()


@case
async def deques():
    empty = collections.deque()
    numbers = collections.deque([1, 2, 3])
    bounded = collections.deque(range(9), maxlen=4)
    rotated = collections.deque(range(70))
    for _ in range(64):
        rotated.popleft()
    to_the_left = collections.deque()
    for number in range(5):
        to_the_left.appendleft(number)
    del number
    expect_repr({name: value for name, value in locals().items() if name != "_"})
    await never()


@case
async def containers_that_hold_themselves():
    looped_list = [1]
    looped_list.append(looped_list)
    looped_dict = {"self": None}
    looped_dict["self"] = looped_dict
    expect(looped_list=by_type(looped_list), looped_dict=by_type(looped_dict))
    await never()


@case
async def long_containers():
    long_list, long_dict = list(range(100000)), dict.fromkeys(range(100000))
    long_set, long_tuple = set(range(100000)), tuple(range(100000))
    expect(
        long_list=starting(long_list, "[0, 1, 2, 3"),
        long_dict=starting(long_dict, "{0: None, 1: None"),
        long_set=starting(long_set, "{0, 1, 2, 3"),
        long_tuple=starting(long_tuple, "(0, 1, 2, 3"),
    )
    await never()


@case
async def deeply_nested_container():
    nested = []
    for _ in range(5000):
        nested = [nested]
    expect(nested=starting(nested, "[["))
    await never()


@case
async def container_subclasses():
    class Names(list):
        pass

    class Ages(dict):
        pass

    ordered = collections.OrderedDict([("first", 1), ("second", 2)])
    counted = collections.Counter("aab")
    defaulted = collections.defaultdict(list, {"key": [1]})
    names, ages = Names([1, 2]), Ages(ann=3)
    expect(
        ordered=by_type(ordered),
        counted=by_type(counted),
        defaulted=by_type(defaulted),
        names=by_type(names),
        ages=by_type(ages),
    )
    await never()


# ---------------------------------------------------------------- classes of a program


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Order:
    number: int
    items: list
    note: str = "none"


class Plain:
    shared = "class attribute"

    def __init__(self):
        self.first = 1
        self.second = "two"


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self):
        self.left = 1


class SlottedChild(Slotted):
    __slots__ = ("extra",)


@case
async def enum_members():
    red, blue = Colour.RED, Colour.BLUE
    expect(red=by_repr(red), blue=by_repr(blue))
    low = Level.LOW
    expect(low=holding(low, "LOW"))
    await never()


@case
async def named_tuples():
    point, nested = Point(1, 2), Point(Point(3, 4), "y")
    expect_repr(locals())
    await never()


@case
async def data_classes():
    order = Order(17, ["apple"])
    expect_repr(locals())
    await never()


@case
async def exceptions():
    plain, empty, two = ValueError("wrong"), RuntimeError(), OSError("a", "b", "c")
    key = KeyError("flag")
    expect_repr(locals())
    await never()


@case
async def instances():
    plain = Plain()
    with_dict = Plain()
    with_dict.__dict__["third"] = 3
    replaced = Plain()
    replaced.__dict__ = {"only": 1}
    deleted = Plain()
    del deleted.first
    slotted, slotted_child = Slotted(), SlottedChild()
    many = Plain()
    for number in range(50):
        setattr(many, "attribute{}".format(number), number)
    expect(**{name: by_type(value) for name, value in locals().items()})
    await never()


@case
async def instances_whose_code_must_not_run():
    class Hostile:
        def __repr__(self):
            raise SystemExit("repr was run")

        def __getattr__(self, name):
            raise SystemExit("getattr was run")

    hostile = Hostile()
    held = [hostile]
    expect(hostile=by_type(hostile), held=by_type(held))
    await never()


# ---------------------------------------------------------------- callables and the rest


def function(argument):
    return argument


@case
async def callables():
    plain, anonymous, builtin = function, lambda: None, len
    bound, builtin_bound = Plain().__init__, [].append
    partial = functools.partial(function, 1, key="word")
    expect(
        plain=holding(plain, "function"),
        anonymous=holding(anonymous, "<lambda>"),
        builtin=holding(builtin, "len"),
        bound=holding(bound, "__init__"),
        builtin_bound=holding(builtin_bound, "append"),
        partial=holding(partial, "function", "1", "key"),
    )
    await never()


@case
async def modules_and_types():
    module, own_type, builtin_type, nested_type = asyncio, Plain, int, Colour
    expect(
        module=holding(module, "asyncio"),
        own_type=by_repr(own_type),
        builtin_type=by_repr(builtin_type),
        nested_type=holding(nested_type, "Colour"),
    )
    await never()


@case
async def weak_references():
    target = Plain()
    alive, dead = weakref.ref(target), weakref.ref(Plain())
    expect(alive=holding(alive, "weakref"), dead=holding(dead, "weakref", "dead"))
    await never()


@case
async def coroutines_generators_and_futures():
    def count():
        yield

    coroutine, generator = keep(never()), count()
    future = keep(asyncio.get_event_loop().create_future())
    task = asyncio.current_task()
    expect(
        coroutine=holding(coroutine, "never"),
        generator=holding(generator, "count"),
        future=by_type(future),
        task=by_type(task),
    )
    await never()


@case
async def of_the_standard_library():
    date, moment = datetime.date(2026, 11, 22), datetime.datetime(2026, 11, 22, 1, 2, 3)
    fraction, space = fractions.Fraction(1, 3), types.SimpleNamespace(a=1)
    numbers, view, stretch = range(3), memoryview(b"abc"), slice(1, 2)
    expect(**{name: by_type(value) for name, value in locals().items()})
    await never()


# ---------------------------------------------------------------- variables


@case
async def parameters():
    async def called(first, second=2, *rest, keyword="word", **others):
        expect_locals(
            asyncio.current_task(),
            "called",
            {name: by_repr(value) for name, value in locals().items()},
        )
        await never()

    await called(1, 2, 3, 4, keyword="other", more=5)


@case
async def cells_and_free_variables():
    shared, unshared = "in a cell", "plain"

    async def inner():
        own = shared + "!"
        expect_locals(asyncio.current_task(), "inner", {"shared": by_repr(shared), "own": by_repr(own)})
        await never()

    expect(shared=by_repr(shared), unshared=by_repr(unshared))
    await inner()


@case
async def unbound_variables():
    bound, deleted = 1, 2
    del deleted
    expect(bound=by_repr(bound), deleted=("absent", None, None), later=("absent", None, None))
    expect(in_a_cell=("absent", None, None))
    await never()
    later = in_a_cell = 3
    return later, lambda: in_a_cell


@case(since=(3, 12))
async def comprehension_variables():
    found = [item for item in range(3)]
    expect(found=by_repr(found), item=("absent", None, None))
    await never()


@case
async def names_that_are_not_ascii():
    größe, имя = 5, "Ann"
    expect_repr(locals())
    await never()


@case
async def of_a_method():
    class Client:
        async def get(self, path):
            expect_locals(
                asyncio.current_task(), "get", {"self": by_type(self), "path": by_repr(path)}
            )
            await never()

    await Client().get("/orders/17")


@case
async def of_an_async_generator():
    async def rows(count):
        row = "first"
        expect_locals(asyncio.current_task(), "rows", {"count": by_repr(count), "row": by_repr(row)})
        await never()
        yield row

    async for _ in rows(3):
        pass


if __name__ == "__main__":
    main()
