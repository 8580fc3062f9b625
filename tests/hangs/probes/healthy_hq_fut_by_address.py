import asyncio, ctypes, os, signal, struct
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
r, w = os.pipe()


def on_complete():
    (addr,) = struct.unpack("N", os.read(r, struct.calcsize("N")))
    fut = ctypes.cast(addr, ctypes.py_object).value
    if not fut.done():
        fut.set_result("completed")


async def device(user_data):
    await asyncio.sleep(LAG)
    os.write(w, struct.pack("N", user_data))


async def main():
    loop = asyncio.get_running_loop()
    loop.add_reader(r, on_complete)
    fut = loop.create_future()
    io = asyncio.create_task(device(id(fut)))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    print("ENDED", await fut, flush=True)
    loop.remove_reader(r)


asyncio.run(main())
