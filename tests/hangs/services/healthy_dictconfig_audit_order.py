"""Logging of a payment service: audit records are shipped by a handler, the configuration is reloaded at run time."""
from __future__ import annotations

import logging
import logging.config
import os
import signal
import threading
import time
from typing import Any

signal.alarm(900)


class Shipper:
    """Sends records to the audit service, over a slow line."""

    shipped = 0

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._log = logging.getLogger(f"shipper.{self.topic}")

    def _logger(self) -> logging.Logger:
        return self._log

    def send(self, line: str) -> None:
        time.sleep(0.3)
        self._logger().propagate = False
        Shipper.shipped += 1


class AuditHandler(logging.Handler):
    def __init__(self, topic: str) -> None:
        super().__init__()
        self.shipper = Shipper(topic)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.shipper.send(self.format(record))
        except Exception:
            self.handleError(record)


def config(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"audit": {"format": "%(asctime)s %(name)s %(message)s"}},
        "handlers": {"audit": {"()": AuditHandler, "topic": "payments", "formatter": "audit"}},
        "loggers": {"payments": {"level": level, "handlers": ["audit"], "propagate": False}},
    }


class ConfigReloader(threading.Thread):
    """Looks whether somebody changed the level of logging."""

    def __init__(self, every: float) -> None:
        super().__init__(name="log-config", daemon=True)
        self.every, self.reloads = every, 0

    def run(self) -> None:
        while True:
            time.sleep(self.every)
            level = ("INFO", "WARNING")[self.reloads % 2]
            logging.config.dictConfig(config(level))
            self.reloads += 1


class PaymentWorker(threading.Thread):
    def __init__(self, number: int) -> None:
        super().__init__(name=f"payment-{number}", daemon=True)
        self.log = logging.getLogger("payments")
        self.paid = 0

    def run(self) -> None:
        while True:
            self._charge()
            self.paid += 1
            self.log.warning("payment %d of %s", self.paid, self.name)

    def _charge(self) -> None:
        time.sleep(0.25)


class Heartbeat(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.beats = 0

    def run(self) -> None:
        while True:
            time.sleep(1)
            self.beats += 1


def main() -> None:
    logging.config.dictConfig(config("INFO"))
    threads = [PaymentWorker(n) for n in range(2)] + [ConfigReloader(every=1.4), Heartbeat()]
    for thread in threads:
        thread.start()
    time.sleep(6)
    print("READY", os.getpid(), flush=True)
    for thread in threads:
        thread.join()


main()
