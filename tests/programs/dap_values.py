"""Values of many shapes in one frame, for the variables of an editor."""

import asyncio
import signal

GREETING = "hello"
_hidden = "a private global"


class Account:
    def __init__(self):
        self.name = "alice"
        self.items = [1, 2, 3]
        self.owner = self
        self._secret = 7
        self.__mangled = 8


async def never(*_):
    await asyncio.get_running_loop().create_future()


async def show(number):
    long_list = list(range(1000))
    long_text = "begin " + "x" * 5000 + " end"
    table = {"a": 1, "b": [10, 20], 3: "three"}
    cyclic = [1]
    cyclic.append(cyclic)
    account = Account()
    _private = "a private local"
    big = 2**100
    é = "ß𝄞"; table["c"] = é, "𝄞"; await never(long_list, long_text, cyclic, account, _private, big)  # fmt: skip


async def main():
    task = asyncio.get_running_loop().create_task(show(255))
    await asyncio.sleep(0.1)
    print("READY", flush=True)
    await task


if __name__ == "__main__":
    signal.alarm(600)
    asyncio.run(main())
