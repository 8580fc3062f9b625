import os, signal
import trio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Mailbox:
    def __init__(self):
        self.sleepers = {}

    async def receive(self, name):
        def abort(_):
            self.sleepers.pop(name, None)
            return trio.lowlevel.Abort.SUCCEEDED
        self.sleepers[name] = trio.lowlevel.current_task()
        return await trio.lowlevel.wait_task_rescheduled(abort)

    def deliver(self, name, letter):
        trio.lowlevel.reschedule(self.sleepers.pop(name), trio_value(letter))


def trio_value(letter):
    import outcome
    return outcome.Value(letter)


async def reader(box, name):
    print("ENDED", name, await box.receive(name), flush=True)


async def main():
    box = Mailbox()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reader, box, "ann")
        await trio.sleep(0.3)
        print("READY", os.getpid(), flush=True)
        await trio.sleep(LAG)
        box.deliver("ann", "hello")


trio.run(main)
