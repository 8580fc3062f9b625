"""A thread hands a result over with loop.call_soon() instead of call_soon_threadsafe(): the sleeping loop is not woken."""
import asyncio, signal, threading, time
signal.alarm(900)


class Sensor:
    def __init__(self, loop):
        self.loop = loop
        self.value = loop.create_future()

    def deliver(self, value):
        self.value.set_result(value)

    def measure(self):
        time.sleep(0.2)
        self.loop.call_soon(self.deliver, 21.5)  # bug: not thread-safe
        print("READY", flush=True)
        time.sleep(900)


async def regulate(sensor):
    return await sensor.value


async def main():
    sensor = Sensor(asyncio.get_running_loop())
    threading.Thread(target=sensor.measure, daemon=True, name="sensor").start()
    await asyncio.create_task(regulate(sensor), name="regulator")


asyncio.run(main())
