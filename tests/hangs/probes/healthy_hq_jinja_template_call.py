import os, signal, threading, time
import jinja2
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
env = jinja2.Environment(loader=jinja2.DictLoader({
    "mail.txt": "Dear {{ user }},{% for s in steps %}\n{{ s.finish() }}{% endfor %}",
}))


class Step:
    def __init__(self, title):
        self.title, self._gate = title, threading.Event()

    def finish(self):
        self._gate.set()
        return self.title

    def wait(self):
        self._gate.wait()
        return self


def mailer(name, **context):
    time.sleep(LAG)
    print(env.get_template(name).render(context))


steps = [Step("ordered"), Step("packed")]
threading.Thread(target=mailer, args=("mail.txt",), kwargs=dict(user="Ann", steps=steps)).start()
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
for s in steps:
    s.wait()
print("ENDED", flush=True)
