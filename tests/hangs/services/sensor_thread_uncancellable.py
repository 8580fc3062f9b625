"""Reads a particle counter on a serial port, on anyio; the driver blocks, so that it runs in a worker thread."""
from __future__ import annotations

import dataclasses
import os
import queue
import signal
import statistics
import threading
import time

import anyio
import anyio.to_thread

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Reading:
    particles: int
    at: float


class SerialDriver:
    """Stands for the vendor's library: a thread of its own takes readings from the port, until the device is unplugged."""

    def __init__(self, readings: int) -> None:
        self.remaining = readings
        self._lines: queue.SimpleQueue[Reading] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._receive, name="vendor-serial", daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        while self.remaining:
            time.sleep(0.4)
            self._lines.put(Reading(int(time.time()) % 100, time.time()))
            self.remaining -= 1

    def read(self, timeout: float | None = None) -> Reading:
        return self._lines.get(timeout=timeout)


class Sensor:
    """Gives up after a second and reports a gap then."""

    def __init__(self, driver: SerialDriver, patience: float = 1.0) -> None:
        self.driver, self.patience = driver, patience

    async def sample(self) -> Reading | None:
        with anyio.move_on_after(self.patience):
            return await anyio.to_thread.run_sync(self.driver.read)
        return None


@dataclasses.dataclass
class Series:
    readings: list[Reading] = dataclasses.field(default_factory=list)
    gaps: int = 0

    def add(self, reading: Reading | None) -> None:
        if reading is None:
            self.gaps += 1
        else:
            self.readings = [*self.readings[-99:], reading]

    def mean(self) -> float:
        return statistics.fmean(r.particles for r in self.readings) if self.readings else 0.0


class Sampler:
    def __init__(self, sensor: Sensor, series: Series) -> None:
        self.sensor, self.series = sensor, series
        self.samples = 0

    async def run(self) -> None:
        while True:
            self.series.add(await self.sensor.sample())
            self.samples += 1


class Dashboard:
    def __init__(self, series: Series) -> None:
        self.series, self.line = series, ""

    def _render(self) -> str:
        time.sleep(0.02)
        return f"{self.series.mean():.1f} particles, {self.series.gaps} gaps"

    async def run(self) -> None:
        while True:
            self.line = await anyio.to_thread.run_sync(self._render)
            await anyio.sleep(0.5)


async def fan_control(series: Series) -> None:
    while True:
        await anyio.sleep(0.3)
        fan_control.speed = 2 if series.mean() > 50 else 1


async def announce() -> None:
    await anyio.sleep(7)
    print("READY", os.getpid(), flush=True)


async def main() -> None:
    series = Series()
    sampler = Sampler(Sensor(SerialDriver(readings=9)), series)
    async with anyio.create_task_group() as tg:
        tg.start_soon(announce)
        tg.start_soon(fan_control, series)
        tg.start_soon(Dashboard(series).run, name="dashboard")
        tg.start_soon(sampler.run, name="sampler")


anyio.run(main)
