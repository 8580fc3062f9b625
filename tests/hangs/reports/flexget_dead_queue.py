# a scheduled job waits for a task's event, and the thread that would run the task has died (rebuilds Flexget/Flexget pull request 5192)
import queue, signal, threading, time
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.executors.pool import ThreadPoolExecutor
signal.alarm(900)

class Task:
    def __init__(self, name):
        self.name = name
        self.finished_event = threading.Event()
    def execute(self):
        if self.name == "movies":
            raise OSError("no space left on device")
        time.sleep(0.1)

class TaskQueue:
    def __init__(self):
        self.run_queue = queue.PriorityQueue()
        self.thread = threading.Thread(target=self.run, name="task_queue", daemon=True)
        self.thread.start()
    def crash_report(self, error):
        raise error
    def run(self):
        while True:
            _, task = self.run_queue.get()
            try:
                task.execute()
            except OSError as e:
                self.crash_report(e)
            finally:
                if self.run_queue.empty():
                    self.last = task.name
            task.finished_event.set()
    def put(self, task):
        self.run_queue.put((id(task), task))

class Manager:
    def __init__(self):
        self.task_queue = TaskQueue()
        self.scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(2)}, timezone="UTC")
    def run_job(self, names):
        tasks = [Task(name) for name in names]
        for task in tasks:
            self.task_queue.put(task)
        for task in tasks:
            task.finished_event.wait()
    def start(self):
        self.scheduler.start()
        self.scheduler.add_job(self.run_job, args=(["movies"],))

threading.excepthook = lambda args: None
manager = Manager()
manager.start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(0.5)
