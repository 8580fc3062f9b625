import os, signal, sys, threading, time
import tqdm
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Console:
    def long_dump(self):
        with tqdm.tqdm.external_write_mode(file=sys.stdout):
            for part in range(3):
                time.sleep(LAG / 3)

    def say(self, text):
        tqdm.tqdm.write(text, file=sys.stdout)
        sys.stdout.flush()


console = Console()
dump = threading.Thread(target=console.long_dump)
dump.start()
time.sleep(0.3)
talk = threading.Thread(target=console.say, args=("ENDED",))
talk.start()
time.sleep(0.3)
os.write(1, b"READY %d\n" % os.getpid())
talk.join()
dump.join()
