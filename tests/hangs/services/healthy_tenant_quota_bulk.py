"""Tenant quota: jobs borrow units from a tenant's plan, small ones come and go all the time."""
import asyncio, os, signal
from contextlib import asynccontextmanager
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))
PLANS = {"basic": 4, "pro": 16}

class Quota:
    def __init__(self, plan):
        self.limit, self.used, self.pending = PLANS[plan], 0, set()
        self.cond = asyncio.Condition()

    @asynccontextmanager
    async def units(self, n):
        async with self.cond:
            await self.cond.wait_for(lambda: self.used + n <= self.limit)
            self.used += n
        try:
            yield
        finally:
            async with self.cond:
                self.used -= n
                self.cond.notify_all()

    @property
    def plan(self):
        return {v: k for k, v in PLANS.items()}[self.limit]

    @plan.setter
    def plan(self, name):
        t = asyncio.ensure_future(self.change_plan(name))
        self.pending.add(t)
        t.add_done_callback(self.pending.discard)

    async def change_plan(self, plan):
        async with self.cond:
            self.limit = PLANS[plan]
            self.cond.notify_all()

class Jobs:
    def __init__(self, quota):
        self.quota, self.finished = quota, 0

    async def small(self, i):
        while True:
            async with self.quota.units(1):
                await asyncio.sleep(0.2)
            self.finished += 1
            await asyncio.sleep(0.1 * i)

    async def bulk(self):
        async with self.quota.units(6):
            await asyncio.sleep(0.1)
        print("DONE bulk", flush=True)

class Billing:
    def __init__(self, quota):
        self.quota, self.paid = quota, []

    def upgrade(self, plan):
        self.paid.append(plan)
        self.quota.plan = plan

async def main():
    quota = Quota("basic")
    jobs, billing = Jobs(quota), Billing(quota)
    loop = asyncio.get_running_loop()
    loop.call_later(LAG, billing.upgrade, "pro")
    small = [asyncio.create_task(jobs.small(i), name=f"small-{i}") for i in (1, 2, 3)]
    bulk = asyncio.create_task(jobs.bulk(), name="bulk")
    loop.call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await bulk
    for t in small:
        t.cancel()

asyncio.run(main())
