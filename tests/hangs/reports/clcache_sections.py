# clcache #217: a cache miss holds its section, then the statistics, and for a cleanup wants all sections
import signal, threading, time
import cachetools
from svckit import Heartbeat, IdleWorkers, Metrics, admin_port, note, ready
signal.alarm(900)


class Section:
    def __init__(self, prefix):
        self.prefix, self.lock, self.objects = prefix, threading.Lock(), cachetools.LRUCache(100)


class ObjectCache:
    def __init__(self):
        self.sections = {p: Section(p) for p in "xyz"}
        self.statistics_lock, self.misses = threading.Lock(), 0

    def miss(self, key, build):
        section = self.sections[key[0]]
        with section.lock:
            section.objects[key] = build(key)
            with self.statistics_lock:
                self.misses += 1
                if self.misses == 1:
                    self.clean(section)

    def clean(self, own):
        for section in self.sections.values():
            if section is own:
                continue
            with section.lock:
                section.objects.clear()


class Compiler(threading.Thread):
    def __init__(self, name, cache, key, seconds):
        super().__init__(name=name)
        self.cache, self.key, self.seconds = cache, key, seconds

    def build(self, key):
        time.sleep(self.seconds)
        return key * 2

    def run(self):
        self.cache.miss(self.key, self.build)


cache = ObjectCache()
Heartbeat(Metrics()).start()
IdleWorkers()
admin = admin_port()
compilers = [Compiler("compile-a", cache, "x1", 0.2), Compiler("compile-b", cache, "y1", 0.4)]
for c in compilers:
    c.start()
ready(1.5)
for c in compilers:
    c.join()
note("WAIT ENDED")
