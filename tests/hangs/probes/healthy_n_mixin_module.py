# healthy: mixin module
import asyncio, threading, time, queue, signal
signal.alarm(300)
import libmix
class Job(libmix.Mixin):
    def run(self): time.sleep(45); self.done.set()
def main():
    threading.Thread(target=Job().run, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    libmix.Mixin.done.wait()
main()
