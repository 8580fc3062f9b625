# cython: language_level=3
"""Two nested Cython coroutines for the tests: `outer` awaits `inner` awaits what it is given."""


async def inner(awaitable):
    return await awaitable


async def outer(awaitable):
    return await inner(awaitable)
