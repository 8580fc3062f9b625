"""a small event bus with handlers by name"""
import logging
log = logging.getLogger("bus")

class Bus:
    def __init__(self):
        self.handlers = {}
    def on(self, name):
        def register(fn):
            self.handlers.setdefault(name, []).append(fn)
            return fn
        return register
    def emit(self, name, *args, **kwargs):
        for fn in list(self.handlers.get(name, ())):
            try:
                fn(*args, **kwargs)
            except Exception:
                log.exception("handler of %s", name)
