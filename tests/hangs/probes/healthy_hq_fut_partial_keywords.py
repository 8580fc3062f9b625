import asyncio, functools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
deferred = []


def describe(title, *, outcome):
    return f"{title}: {outcome!r}"


def later(title):
    outcome = asyncio.get_running_loop().create_future()
    deferred.append(functools.partial(describe, title, outcome=outcome))
    return outcome


async def settle():
    await asyncio.sleep(LAG)
    while deferred:
        entry = deferred.pop()
        entry.keywords["outcome"].set_result(entry.args[0])


async def main():
    settler = asyncio.create_task(settle())
    wanted = [later(t) for t in ("audit", "export")]
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    print("ENDED", await asyncio.gather(*wanted), flush=True)
    await settler


asyncio.run(main())
