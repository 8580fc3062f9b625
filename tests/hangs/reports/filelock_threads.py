# a thread holds a file lock and joins another one, which polls for the same file lock (rebuilds tox-dev/filelock pull request 481)
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
        uploader.join()

threading.Thread(target=export, name="exporter").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
