# healthy twin of filelock_threads: the first thread works under its lock for 30 s and joins nobody
import signal, threading, time
import filelock
signal.alarm(900)

def upload():
    with filelock.FileLock("report.lock"):
        time.sleep(0.1)

def export():
    with filelock.FileLock("report.lock"):
        time.sleep(0.1)
        uploader = threading.Thread(target=upload, name="uploader")
        uploader.start()
        time.sleep(30)

threading.Thread(target=export, name="exporter").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
