# MainThread joins a process that puts much into a multiprocessing.Queue; a thread takes it after 25 s
import multiprocessing, signal, threading, time
signal.alarm(900)
def work(q): q.put(b"x" * 1000000)
if __name__ == "__main__":
    ctx = multiprocessing.get_context("fork"); q = ctx.Queue()
    p = ctx.Process(target=work, args=(q,)); p.start()
    def take():
        time.sleep(25); q.get()
    threading.Thread(target=take, name="take").start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    p.join()
