# healthy: im ast visitor
import os
import time
import ast
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(ast.NodeVisitor):
    def __init__(self):
        self.event = threading.Event()

    def visit_Name(self, node):
        self.event.set()
        return None


def build(source):
    time.sleep(DELAY)
    source.visit(ast.parse('a'))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
