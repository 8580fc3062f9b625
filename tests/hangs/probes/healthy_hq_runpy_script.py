import os, pathlib, runpy, signal, tempfile, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
home = tempfile.TemporaryDirectory()
pathlib.Path(home.name, "50-migrate.py").write_text('''
def main(steps):
    for step in steps:
        step.set()

main([finished])
''')


class Installer:
    def __init__(self, folder):
        self.folder, self.done = pathlib.Path(folder), threading.Event()

    def run_scripts(self):
        time.sleep(LAG)
        for script in sorted(self.folder.glob("*.py")):
            runpy.run_path(str(script), init_globals={"finished": self.done})

    def wait(self):
        self.done.wait()
        print("ENDED", flush=True)


installer = Installer(home.name)
threads = [threading.Thread(target=f) for f in (installer.run_scripts, installer.wait)]
for t in threads:
    t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for t in threads:
    t.join()
