import os, signal
import anyio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Stock:
    def __init__(self):
        self.cond, self.level = anyio.Condition(), 0

    async def take(self, n):
        async with self.cond:
            while self.level < n:
                await self.cond.wait()
            self.level -= n
        print("ENDED took", n, flush=True)

    async def refill(self, n):
        async with self.cond:
            self.level += n
            self.cond.notify_all()


async def truck(stock):
    with anyio.move_on_after(LAG) as scope:
        await anyio.sleep_forever()
    if scope.cancelled_caught:
        await stock.refill(5)


async def main():
    stock = Stock()
    async with anyio.create_task_group() as tg:
        for job in (truck, lambda s: s.take(5)):
            tg.start_soon(job, stock)
        await anyio.sleep(0.3)
        print("READY", os.getpid(), flush=True)


anyio.run(main, backend="trio")
