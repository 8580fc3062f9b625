"""Every way in which one coroutine can wait for another, one case each."""

import asyncio
import contextlib
import types

from cases import VERSION, case, keep, main, never


def future():
    return keep(asyncio.get_event_loop().create_future())


# ---------------------------------------------------------------- coroutines


@case
async def await_coroutine():
    async def inner():
        await never()

    await inner()


@case
async def await_future():
    await future()


@case
async def chain_300_deep():
    async def link(depth):
        if depth == 0:
            await never()
        else:
            await link(depth - 1)

    await link(300)


class Service:
    async def method(self):
        await self.static_method()

    @staticmethod
    async def static_method():
        await Service.class_method()

    @classmethod
    async def class_method(cls):
        await never()


@case
async def methods():
    await Service().method()


@case
async def await_in_the_middle_of_expressions():
    def total(*numbers):
        return sum(numbers)

    return [1, total(2, 3, *[4], await never())]


@case
async def statement_over_several_lines():
    await asyncio.gather(
        never(),

        asyncio.sleep(
            3600,
            result=None,
        ),
    )


@case
async def in_except_and_finally():
    try:
        raise ValueError("first")
    except ValueError:
        try:
            raise KeyError("second")
        finally:
            await never()


@case
async def in_nested_loops():
    for _ in [1, 2]:
        for _ in range(3):
            while True:
                await never()


@case
async def one_line_lambda_awaitable(): await (lambda: never())()


# ---------------------------------------------------------------- generators


@types.coroutine
def generator_coroutine(awaitable):
    yield from awaitable.__await__()


@case
async def types_coroutine():
    await generator_coroutine(never())


@case
async def types_coroutine_yields_future():
    @types.coroutine
    def bare():
        yield from future()

    await bare()


@case
async def types_coroutine_inside_types_coroutine():
    @types.coroutine
    def outer():
        yield from generator_coroutine(never())

    await outer()


@case
async def plain_yield_from():
    def innermost():
        yield from future().__await__()

    def middle():
        yield from innermost()

    @types.coroutine
    def outer():
        yield from middle()

    await outer()


if VERSION < (3, 11):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)

        @asyncio.coroutine
        def old_style_leaf():
            yield from future()

        @asyncio.coroutine
        def old_style():
            yield from old_style_leaf()

    @case
    async def asyncio_coroutine():
        await old_style()

    @case
    async def asyncio_coroutine_as_task():
        await asyncio.ensure_future(old_style())


# ---------------------------------------------------------------- __await__


class GeneratorAwait:
    def __await__(self):
        yield from never().__await__()


class WrapperAwait:
    def __await__(self):
        return never().__await__()


class FutureAwait:
    def __init__(self):
        self.future = future()

    def __await__(self):
        return self.future.__await__()


class OwnIterator:
    def __init__(self):
        self.inner = iter(future())

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.inner)


@case
async def await_method_is_generator():
    await GeneratorAwait()


@case
async def await_method_returns_coroutine_wrapper():
    await WrapperAwait()


@case
async def await_method_returns_future_iterator():
    await FutureAwait()


@case
async def await_method_returns_own_iterator():
    await OwnIterator()


@case
async def await_methods_nested():
    class Outer:
        def __await__(self):
            return self.middle().__await__()

        async def middle(self):
            await GeneratorAwait()

    await Outer()


@case
async def coroutine_wrapper_of_generator_coroutine():
    class Both:
        def __await__(self):
            return (yield from generator_coroutine(never()))

    await Both()


# ---------------------------------------------------------------- async generators


async def numbers():
    yield 1
    await never()
    yield 2


async def doubled():
    async for number in numbers():
        yield 2 * number


@case
async def async_for():
    async for _ in numbers():
        pass


@case
async def async_for_through_two_generators():
    async for _ in doubled():
        pass


@case
async def async_for_over_own_iterator():
    class Numbers:
        def __aiter__(self):
            return self

        async def __anext__(self):
            await never()

    async for _ in Numbers():
        pass


@case
async def async_for_suspended_in_the_body():
    async for _ in numbers():
        await never()


@case
async def async_generator_asend():
    generator = keep(doubled())
    await generator.asend(None)
    await generator.asend("sent")


@case
async def async_generator_athrow():
    async def catching():
        try:
            yield 1
        except ValueError:
            await never()

    generator = keep(catching())
    await generator.asend(None)
    await generator.athrow(ValueError("thrown"))


@case
async def async_generator_aclose():
    async def closing():
        try:
            yield 1
        finally:
            await never()

    generator = keep(closing())
    await generator.asend(None)
    await generator.aclose()


@case(since=(3, 10))
async def anext_builtin():
    generator = keep(doubled())
    await anext(generator)
    await anext(generator)


@case(since=(3, 10))
async def anext_with_default():
    generator = keep(numbers())
    await anext(generator, None)
    await anext(generator, None)


@case(since=(3, 10))
async def anext_with_default_on_own_iterator():
    class Numbers:
        def __aiter__(self):
            return self

        async def __anext__(self):
            await never()

    await anext(Numbers(), None)


# ---------------------------------------------------------------- context managers


@contextlib.asynccontextmanager
async def slow_entry():
    await never()
    yield


@contextlib.asynccontextmanager
async def slow_exit():
    try:
        yield
    finally:
        await never()


@contextlib.asynccontextmanager
async def immediate():
    yield 7


@case
async def asynccontextmanager_entering():
    async with slow_entry():
        pass


@case
async def asynccontextmanager_leaving():
    async with slow_exit():
        pass


@case
async def asynccontextmanager_leaving_by_exception():
    async with slow_exit():
        raise ValueError("on the way out")


@case
async def asynccontextmanager_body():
    async with immediate():
        await never()


@case
async def several_managers_entering():
    async with immediate(), immediate(), slow_entry():
        pass


@case
async def own_manager_entering_and_leaving():
    class Manager:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *exception):
            await never()

    async with Manager():
        pass


@case
async def async_exit_stack():
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(slow_exit())


# ---------------------------------------------------------------- comprehensions


@case
async def async_list_comprehension():
    return [number async for number in numbers()]


@case
async def async_set_comprehension():
    return {number async for number in numbers()}


@case
async def async_dict_comprehension():
    return {number: number async for number in numbers()}


@case
async def async_generator_expression():
    generator = (number async for number in numbers())
    return [number async for number in generator]


@case
async def await_in_list_comprehension():
    return [await awaitable for awaitable in [never()]]


@case
async def await_in_generator_expression():
    async for _ in (await awaitable for awaitable in [never()]):
        pass


# ---------------------------------------------------------------- asyncio's own


@case
async def asyncio_sleep():
    await asyncio.sleep(3600)


@case
async def asyncio_queue_get():
    await keep(asyncio.Queue()).get()


@case
async def asyncio_queue_put():
    queue = keep(asyncio.Queue(maxsize=1))
    await queue.put(1)
    await queue.put(2)


@case
async def asyncio_queue_join():
    queue = keep(asyncio.Queue())
    await queue.put(1)
    await queue.join()


@case
async def asyncio_event():
    await keep(asyncio.Event()).wait()


@case
async def asyncio_lock():
    lock = keep(asyncio.Lock())
    await lock.acquire()
    async with lock:
        pass


@case
async def asyncio_semaphore():
    semaphore = keep(asyncio.Semaphore(1))
    async with semaphore:
        async with semaphore:
            pass


@case
async def asyncio_condition():
    condition = keep(asyncio.Condition())
    async with condition:
        await condition.wait()


@case
async def asyncio_condition_wait_for():
    condition = keep(asyncio.Condition())
    async with condition:
        await condition.wait_for(lambda: False)


@case(since=(3, 11))
async def asyncio_timeout():
    async with asyncio.timeout(3600):
        await never()


@case(since=(3, 11))
async def asyncio_barrier():
    await keep(asyncio.Barrier(2)).wait()


@case
async def asyncio_stream_reader():
    reader = keep(asyncio.StreamReader())
    await reader.readline()


@case
async def future_subclass():
    class Reply(asyncio.Future):
        pass

    await keep(Reply(loop=asyncio.get_event_loop()))


@case
async def pure_python_future():
    await keep(asyncio.futures._PyFuture(loop=asyncio.get_event_loop()))


if __name__ == "__main__":
    main()
