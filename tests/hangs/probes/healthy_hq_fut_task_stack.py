import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


async def approve(amount):
    decision = asyncio.get_running_loop().create_future()
    return amount, await decision


async def pay(amount):
    print("ENDED", await approve(amount), flush=True)


async def manager(names):
    await asyncio.sleep(LAG)
    for task in asyncio.all_tasks():
        if task.get_name() not in names:
            continue
        coro = task.get_coro()
        while coro.cr_await is not None and hasattr(coro.cr_await, "cr_frame"):
            coro = coro.cr_await
        coro.cr_frame.f_locals["decision"].set_result(True)


async def main():
    task = asyncio.create_task(pay(100), name="payment-1")
    boss = asyncio.create_task(manager(["payment-1"]))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(task, boss)


asyncio.run(main())
