"""
What a ZIP file is, by its list of contents alone: nothing is ever unpacked.

Word, Excel, Java and Android files are ZIP files; libmagic knows them only when their parts lie in the usual order.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from schemas.reason import Reason, Refused
from thumbnails.orders import InspectParams

_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OFFICE = {
    "word/": (f"{_OPEN_XML}wordprocessingml.document", "application/vnd.ms-word.document.macroenabled.12"),
    "xl/": (f"{_OPEN_XML}spreadsheetml.sheet", "application/vnd.ms-excel.sheet.macroenabled.12"),
    "ppt/": (f"{_OPEN_XML}presentationml.presentation", "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
}
"""The folder of each, its type, and its type when it holds macros."""
_ZIPS = {"application/zip", "application/java-archive", *(plain for plain, _ in _OFFICE.values())}
_PROGRAMS = {
    ".apk", ".app", ".bat", ".cmd", ".com", ".dll", ".exe", ".hta", ".jar", ".js", ".jse", ".lnk", ".msi", ".pif",
    ".ps1", ".scr", ".sh", ".vbe", ".vbs", ".wsf",
}  # fmt: skip
_ARCHIVES = {".7z", ".bz2", ".cab", ".gz", ".iso", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst"}
_ENCRYPTED = 1
_END, _END_BYTES, _TAIL = b"PK\x05\x06", 22, 65_557
_MOST_LISTED = 0xFFFF
"""This many or more are told in another place (ZIP64)."""
_BROKEN = (zipfile.BadZipFile, OSError, ValueError, LookupError, NotImplementedError, RuntimeError)


class Listed(NamedTuple):
    """What the list of contents tells; `largest_bytes` is the largest file, unpacked."""

    media_type: str
    warnings: list[Reason]
    largest_bytes: int | None = None


def is_zip(media_type: str) -> bool:
    return media_type in _ZIPS


def look(source: Path, media_type: str, params: InspectParams) -> Listed:
    """The type by its contents, and more. Raises Refused: `archive_too_many_files`, `archive_too_large`."""
    _check_entries(_told_entries(source), params)
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
    except _BROKEN:
        damaged = Reason(code="archive_unreadable", sentence="The archive is damaged or not a usual one.")
        return Listed(media_type, [damaged])
    _check_entries(len(entries), params)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > params.max_unpacked_bytes:
        raise Refused(
            Reason(
                code="archive_too_large",
                sentence=f"Unpacked, the archive has {unpacked / 1e6:.0f} MB; at most"
                f" {params.max_unpacked_bytes / 1e6:.0f} MB are allowed. Send the files by themselves.",
                actual=unpacked,
                limit=params.max_unpacked_bytes,
            )
        )
    names = [entry.filename for entry in entries]
    encrypted = any(entry.flag_bits & _ENCRYPTED for entry in entries)
    return Listed(
        _type(set(names), media_type),
        list(_warnings(names, encrypted=encrypted)),
        max((entry.file_size for entry in entries), default=None),
    )


def _told_entries(source: Path) -> int:
    """What the end of the archive says, before its list is read; `_MOST_LISTED` also stands for more."""
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - _TAIL))
        tail = file.read()
    at = tail.rfind(_END)
    return int.from_bytes(tail[at + 10 : at + 12], "little") if 0 <= at <= len(tail) - _END_BYTES else 0


def _check_entries(entries: int, params: InspectParams) -> None:
    if entries > params.max_entries:
        raise Refused(
            Reason(
                code="archive_too_many_files",
                sentence=f"The archive holds {entries} files or more; at most {params.max_entries} are allowed."
                " Send fewer.",
                actual=entries,
                limit=params.max_entries,
            )
        )


def _type(names: set[str], media_type: str) -> str:
    if "[Content_Types].xml" in names:
        for folder, (plain, with_macros) in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return with_macros if f"{folder}vbaProject.bin" in names else plain
    if "AndroidManifest.xml" in names:
        return "application/vnd.android.package-archive"
    if "META-INF/MANIFEST.MF" in names and any(name.endswith(".class") for name in names):
        return "application/java-archive"
    return media_type


def _warnings(names: list[str], *, encrypted: bool) -> Iterator[Reason]:
    endings = {PurePosixPath(name).suffix.lower() for name in names}
    if encrypted:
        yield Reason(code="archive_locked", sentence="The archive is protected by a password: nobody looked inside.")
    if endings & _PROGRAMS:
        yield Reason(code="archive_holds_program", sentence="The archive holds a program. Do not open it unexpectedly.")
    if endings & _ARCHIVES:
        yield Reason(code="archive_nested", sentence="The archive holds another archive, whose content nobody saw.")
