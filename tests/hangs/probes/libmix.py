import threading
class Mixin:
    done = threading.Event()
