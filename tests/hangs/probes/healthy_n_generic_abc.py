# healthy: generic abc
import threading, time, abc, typing, dataclasses
T = typing.TypeVar("T")
class Repo(abc.ABC, typing.Generic[T]):
    changed: typing.ClassVar[threading.Event] = threading.Event()
    @abc.abstractmethod
    def save(self, x: T): ...
@dataclasses.dataclass
class Users(Repo[int]):
    n: int = 0
    def save(self, x): time.sleep(45); self.n = x; self.changed.set()
def main():
    threading.Thread(target=Users().save, args=(3,), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Repo.changed.wait()
main()
