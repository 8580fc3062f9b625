"""Two locks taken with acquire() and given back in finally, in opposite order by two tasks."""
import asyncio, signal
signal.alarm(900)


class Ledger:
    def __init__(self):
        self.orders, self.payments = asyncio.Lock(), asyncio.Lock()
        self.rows = []


async def invoice(ledger):
    # The order of the two locks is the other way round in pay().
    await ledger.orders.acquire()
    try:
        await asyncio.sleep(0.05)
        await ledger.payments.acquire()
        try:
            ledger.rows.append("invoice")
        finally:
            ledger.payments.release()
    finally:
        ledger.orders.release()


async def pay(ledger):
    await ledger.payments.acquire()
    try:
        await asyncio.sleep(0.05)
        await ledger.orders.acquire()
        try:
            ledger.rows.append("payment")
        finally:
            ledger.orders.release()
    finally:
        ledger.payments.release()


async def main():
    ledger = Ledger()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(asyncio.create_task(invoice(ledger), name="invoice"),
                         asyncio.create_task(pay(ledger), name="payment"))


asyncio.run(main())
