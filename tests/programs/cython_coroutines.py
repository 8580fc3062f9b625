"""Coroutines that Cython compiled: no Python frames, but names."""

import asyncio

import dapper_cython

from cases import case, keep, main, never


@case
async def awaited_by_a_coroutine():
    await dapper_cython.outer(never())


@case
async def run_as_a_task():
    keep(asyncio.ensure_future(dapper_cython.outer(never())))
    await never()


if __name__ == "__main__":
    main()
