"""A method that holds an asyncio.Lock calls another method that takes the same lock: asyncio.Lock is not reentrant."""
import asyncio, signal
signal.alarm(900)


class Inventory:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.stock = {"apple": 3}

    async def count(self, item):
        async with self.lock:
            return self.stock[item]

    async def reserve(self, item, amount):
        async with self.lock:
            if await self.count(item) >= amount:
                self.stock[item] -= amount


async def order(inventory):
    await asyncio.sleep(0.01)
    await inventory.reserve("apple", 2)


async def main():
    inventory = Inventory()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.ensure_future(order(inventory))


asyncio.run(main())
