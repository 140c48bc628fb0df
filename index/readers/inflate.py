"""Packed files, opened with their limits checked before anything is inflated."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib

from ..errors import BadFile

MAX_ENTRIES = 5_000
MAX_DIRECTORY = 4 * 1024 * 1024
"""Bytes of an archive's table of contents, which is read whole."""

_END = struct.Struct("<4s4H2LH")


def open_zip(raw: bytes) -> zipfile.ZipFile:
    """An archive whose table of contents is within the limits. Raises BadFile."""
    at = raw.rfind(b"PK\5\6", -(_END.size + 0xFFFF))
    if at < 0 or len(raw) - at < _END.size:
        raise BadFile("is no zip archive, or is cut short (pack it again)")
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(raw, at)
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY:
        raise BadFile(
            f"has {entries:,} entries in a table of {directory:,} bytes; the limits are "
            f"{MAX_ENTRIES:,} and {MAX_DIRECTORY:,} (split it, or unpack it)"
        )
    try:
        found = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError) as problem:
        raise BadFile(f"is no zip archive that can be read: {problem} (pack it again)") from None
    if len(found.infolist()) > MAX_ENTRIES:
        raise BadFile(f"has over {MAX_ENTRIES:,} entries (split it, or unpack it)")
    return found


def inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """One member. Raises BadFile when it has more than `limit` bytes, or cannot be read."""
    if entry.file_size > limit:
        raise BadFile(f"inflates to {entry.file_size:,} bytes; {limit:,} are allowed (unpack it)")
    if entry.flag_bits & 1:
        raise BadFile("is encrypted (pack it without a password)")
    try:
        with archive.open(entry) as stream:
            content = stream.read(limit + 1)
    except (
        *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
        *(EOFError, OSError, NotImplementedError, RuntimeError, ValueError),
    ) as problem:
        raise BadFile(f"cannot be inflated: {problem} (pack it again)") from None
    if len(content) > limit:
        raise BadFile(f"inflates to over {limit:,} bytes (unpack it)")
    return content
