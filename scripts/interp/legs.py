"""Which interpreters the tests want."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Leg:
    """One interpreter the tests run against."""

    name: str
    minor: str
    debug: bool = False
    free_threaded: bool = False
    #: Only a distribution's own static build will do.
    distribution_only: bool = False

    @property
    def executable(self) -> str:
        """The file name such an interpreter is installed under."""
        return f"python{self.minor}{'t' if self.free_threaded else ''}{'d' if self.debug else ''}"

    @property
    def configure_args(self) -> tuple[str, ...]:
        """What ./configure needs to be told for this kind of build."""
        return (("--disable-gil",) if self.free_threaded else ()) + (
            ("--with-pydebug",) if self.debug else ()
        )

    @property
    def hint(self) -> str:
        """How a person can supply it when nothing here can."""
        if self.distribution_only:
            return f"use a machine whose apt mirror carries python{self.minor}"
        version = f"{self.minor}{'t' if self.free_threaded else ''}"
        flag = "--debug " if self.debug else ""
        return f"`pyenv install {flag}{version}`, or put {self.executable} on PATH"


LEGS: tuple[Leg, ...] = (
    *(Leg(minor, minor) for minor in ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")),
    Leg("3.13t", "3.13", free_threaded=True),
    Leg("3.14", "3.14"),
    Leg("3.14d", "3.14", debug=True),
    Leg("3.15", "3.15"),
    Leg("3.15d", "3.15", debug=True),
    *(Leg(f"{minor}-debian", minor, distribution_only=True) for minor in ("3.9", "3.11", "3.13")),
)

BY_NAME: dict[str, Leg] = {leg.name: leg for leg in LEGS}

#: Minors whose distribution packages are fetched with the debug build and DWARF.
MINORS_WITH_DEBUG: frozenset[str] = frozenset(leg.minor for leg in LEGS if leg.debug)
