"""What every other module needs: the one error, subprocesses, the cache folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Variables that would make one interpreter load another one's files.
_PYTHON_VARIABLES = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


class Unavailable(Exception):
    """Something cannot be had here; the message says why, for the manifest."""


def log(message: str) -> None:
    """Print one progress line."""
    print(f"interpreters: {message}", file=sys.stderr, flush=True)


def neutral_env(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without what redirects an interpreter, plus `extra`."""
    env = {key: value for key, value in os.environ.items() if key not in _PYTHON_VARIABLES}
    # Messages are matched against, so they must not be translated.
    env["LC_ALL"] = "C.UTF-8"
    env.update(extra or {})
    return env


def run(
    argv: Sequence[object],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    output: Path | None = None,
) -> str:
    """Run a command and return its standard output.

    `env` is added to the neutral environment.  With `output` everything it
    prints is appended to that file instead.  A failure is `Unavailable`.
    """
    command = [str(word) for word in argv]
    name = Path(command[0]).name
    with contextlib.ExitStack() as stack:
        stdout = stack.enter_context(output.open("a")) if output else subprocess.PIPE
        stderr = subprocess.STDOUT if output else subprocess.PIPE
        try:
            done = subprocess.run(
                command,
                env=neutral_env(env),
                cwd=cwd,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{name} did not finish in {timeout:.0f} s") from None
        except OSError as error:
            raise Unavailable(f"{name} cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        detail = f"see {output}" if output else _reason(done.stderr or done.stdout)
        raise Unavailable(f"{name} {_ending(done.returncode)}: {detail}")
    return done.stdout or ""


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"was killed by signal {-returncode}"
    return f"failed with exit status {returncode}"


def _reason(text: str) -> str:
    """The line of a command's output that says what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR:"))]
    return (errors or lines or ["it printed nothing"])[-1]


@dataclass(frozen=True)
class Cache:
    """The cache folder and what lies where in it."""

    root: Path

    @classmethod
    def from_environment(cls) -> Cache:
        """$DAPPER_ATTACH_CACHE, else the XDG cache folder's `dapper-attach`."""
        own = os.environ.get("DAPPER_ATTACH_CACHE")
        if own:
            return cls(Path(own).absolute())
        xdg = os.environ.get("XDG_CACHE_HOME")
        return cls((Path(xdg) if xdg else Path.home() / ".cache").absolute() / "dapper-attach")

    @property
    def manifest(self) -> Path:
        """The file that lists all interpreters for the tests."""
        return self.root / "interpreters.json"

    @property
    def interpreters(self) -> Path:
        """Where finished interpreters, package folders and tools lie."""
        return self.root / "interpreters"

    @property
    def logs(self) -> Path:
        """Where the output of long builds goes."""
        return self.interpreters / "logs"

    @property
    def _work(self) -> Path:
        return self.interpreters / "unfinished"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the cache for one run; others wait."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.root / "interpreters.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log("another run holds the cache, waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            # Nobody else can be at work now, so this is what a killed run left.
            shutil.rmtree(self._work, ignore_errors=True)
            try:
                yield
            finally:
                shutil.rmtree(self._work, ignore_errors=True)

    def work_dir(self, name: str) -> Path:
        """A fresh folder on the cache's file system, gone when the run ends."""
        self._work.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._work))

    def publish(self, made: Path, final: Path) -> None:
        """Move a finished folder to its place, where being there means complete."""
        made.chmod(0o755)
        if final.exists():
            final.rename(self.work_dir("replaced") / final.name)
        final.parent.mkdir(parents=True, exist_ok=True)
        made.rename(final)
