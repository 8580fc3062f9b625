# a function that runs after a fork in the child takes a lock that another thread of the parent held (rebuilds DataDog/dd-trace-py pull request 18900)
import os, signal, threading, time
signal.alarm(900)
log_lock = threading.Lock()
writing = threading.Event()

def write_logs():
    while True:
        with log_lock:
            writing.set()
            time.sleep(1)
        writing.clear()
        time.sleep(0.1)

def restart_threads():
    signal.alarm(900)
    with log_lock:
        pass

threading.Thread(target=write_logs, name="log-writer", daemon=True).start()
os.register_at_fork(after_in_child=restart_threads)
writing.wait()
pid = os.fork()
if pid:
    time.sleep(1)
    print("READY", pid)
    os.waitpid(pid, 0)
while True:
    time.sleep(1)
