# the done callback of a command runs under its lock and waits for the command (rebuilds amoffat/sh issue 564)
import signal, subprocess, threading
signal.alarm(900)

class RunningCommand:
    def __init__(self, args, done):
        self.done, self._wait_lock, self.exit_code = done, threading.Lock(), None
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE)
    def wait(self):
        with self._wait_lock:
            if self.exit_code is None:
                self.exit_code = self.process.wait()
                self.process_just_ended()
        return self
    def process_just_ended(self):
        self.done(self, self.exit_code == 0)
    def __str__(self):
        self.wait()
        return self.process.stdout.read().decode()

def report(command, success):
    print("ended", success, str(command))

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
RunningCommand(["echo", "hi"], report).wait()
