import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


async def oven(orders, n):
    held = []
    for _ in range(n):
        order = await orders.get()
        held.append(order)
        if len(held) == n:
            for order in held:
                await order["back"].put(order["dish"])


async def guest(orders, dish):
    back = asyncio.Queue(maxsize=1)
    await orders.put({"dish": dish, "back": back})
    print("ENDED", await back.get(), flush=True)


async def latecomer(orders):
    await asyncio.sleep(LAG)
    await guest(orders, "soup")


async def main():
    orders = asyncio.Queue()
    jobs = [oven(orders, 2), guest(orders, "pie"), latecomer(orders)]
    everything = asyncio.gather(*jobs)
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    await everything


asyncio.run(main())
