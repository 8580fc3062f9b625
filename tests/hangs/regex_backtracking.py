"""A regular expression that backtracks exponentially runs in C on the loop's thread and never gives the loop back."""
import asyncio, re, signal
signal.alarm(900)

WORDS = re.compile(r"(\w+\s?)+$")


def is_clean(comment):
    return WORDS.match(comment) is not None


async def moderate(comment):
    await asyncio.sleep(0.05)
    print("READY", flush=True)
    return is_clean(comment)


async def flush():
    while True:
        await asyncio.sleep(0.1)


async def main():
    flusher = asyncio.ensure_future(flush())
    await asyncio.ensure_future(moderate("a" * 60 + "!"))
    flusher.cancel()


asyncio.run(main())
