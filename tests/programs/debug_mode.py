"""asyncio's debug mode: each task knows where it was created."""

import asyncio

from cases import case, create_task, keep, main, never


@case
async def created_in_the_case():
    keep(asyncio.get_event_loop().create_task(never()))
    await never()


@case
async def created_by_ensure_future():
    keep(asyncio.ensure_future(never()))
    await never()


@case
async def created_by_gather():
    await asyncio.gather(never(), never())


@case
async def created_in_a_helper():
    def outer():
        return inner()

    def inner():
        return create_task(
            never(),
            "created_in_a_helper/task",
        )

    keep(outer())
    await never()


@case(since=(3, 11))
async def created_by_task_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(never())


if __name__ == "__main__":
    main(lambda coroutine: asyncio.run(coroutine, debug=True))
