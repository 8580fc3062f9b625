"""Coroutines that no task runs: never started, or suspended and left alone."""

import asyncio
import types

from cases import case, expect_coroutine, keep, main, never


@types.coroutine
def pause():
    yield


@case
async def created_and_never_awaited():
    async def forgotten():
        pass

    expect_coroutine(keep(forgotten()), "created")
    await never()


@case
async def created_in_a_local_variable():
    async def forgotten():
        pass

    local = forgotten()
    expect_coroutine(local, "created")
    await never()
    del local


@case
async def created_method():
    class Service:
        async def start(self):
            pass

    expect_coroutine(keep(Service().start()), "created")
    await never()


@case
async def created_with_decorator_and_long_header():
    def unchanged(function):
        return function

    @unchanged
    @unchanged
    async def forgotten(
        first=1,
        second=2,
    ):
        pass

    expect_coroutine(keep(forgotten()), "created")
    await never()


@case
async def suspended_outside_any_task():
    async def inner():
        await pause()

    async def driven_by_hand():
        await inner()

    coroutine = keep(driven_by_hand())
    coroutine.send(None)
    expect_coroutine(coroutine, "suspended")
    await never()


@case
async def async_generator_between_two_values():
    async def rows():
        yield 1
        yield 2

    generator = keep(rows())
    await generator.asend(None)
    expect_coroutine(generator, "async-generator")
    await never()


if __name__ == "__main__":
    main()
