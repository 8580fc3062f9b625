"""The little ELF reading that describing an interpreter needs (64-bit, little-endian)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_MAGIC = b"\x7fELF\x02\x01"
_SHT_NOTE = 7
_NT_GNU_BUILD_ID = 3


class _Section(NamedTuple):
    name: str
    kind: int
    offset: int
    size: int


def is_elf(path: Path) -> bool:
    """Whether the file is a binary and not, say, a pyenv shim."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def has_dwarf(path: Path) -> bool:
    """Whether the file carries its own debug information."""
    with path.open("rb") as file:
        return any(section.name == ".debug_info" for section in _sections(file))


def build_id(path: Path) -> str | None:
    """The GNU build id in hex, or None."""
    with path.open("rb") as file:
        for section in list(_sections(file)):
            if section.kind == _SHT_NOTE and section.name == ".note.gnu.build-id":
                file.seek(section.offset)
                note = file.read(section.size)
                name_size, desc_size, kind = struct.unpack_from("<III", note)
                if kind == _NT_GNU_BUILD_ID:
                    start = 12 + (name_size + 3) // 4 * 4
                    return note[start : start + desc_size].hex()
    return None


def _sections(file: BinaryIO) -> Iterator[_Section]:
    header = file.read(64)
    if not header.startswith(_MAGIC):
        return
    (table,) = struct.unpack_from("<Q", header, 0x28)
    entry_size, count, names_index = struct.unpack_from("<HHH", header, 0x3A)
    if count == 0:
        return
    file.seek(table)
    raw = file.read(entry_size * count)
    entries = [struct.unpack_from("<IIQQQQ", raw, index * entry_size) for index in range(count)]
    names_offset, names_size = entries[names_index][4:6]
    file.seek(names_offset)
    names = file.read(names_size)
    for name_start, kind, _flags, _address, offset, size in entries:
        name = names[name_start : names.index(b"\0", name_start)].decode("ascii", "replace")
        yield _Section(name, kind, offset, size)
