import asyncio, functools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Suspended(Exception):
    pass


def begin(key, sink):
    reply = asyncio.get_running_loop().create_future()
    sink(reply)
    raise Suspended(key)


async def resume(error, value):
    await asyncio.sleep(LAG)
    tb = error.__traceback__
    while tb.tb_next:
        tb = tb.tb_next
    tb.tb_frame.f_locals["reply"].set_result(value)


async def ask(key):
    got = []
    try:
        begin(key, got.append)
    except Suspended as exc:
        job = asyncio.ensure_future(resume(exc, key.upper()))
    asyncio.get_running_loop().call_later(0.5, functools.partial(print, "READY", os.getpid(), flush=True))
    print("ENDED", await got.pop(), flush=True)
    await job


asyncio.run(ask("order"))
