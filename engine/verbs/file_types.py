"""Which files people may hand in, recognised by their content and not by what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import puremagic

from engine.verbs.errors import EngineError
from engine.verbs.search import printable

LONGEST = 150  # characters of a file name


class FileTypeRefused(EngineError):
    """Not on the list of file types: programs, web pages and drawings with scripts never are."""

    code = "file_type_refused"


class FileTypeDiffers(EngineError):
    """The content is not what the extension says."""

    code = "file_type_differs"


@dataclass(frozen=True)
class FileType:
    """`signs`: what puremagic may call such a content; none for plain text, which has no signature."""

    media_type: str
    signs: frozenset[str] = frozenset()


def _type(media_type: str, *signs: str) -> FileType:
    return FileType(media_type, frozenset(signs))


_OFFICE, _OLE, _ZIP = "application/vnd.openxmlformats-officedocument", (".doc", ".xls", ".ppt"), (".zip", ".docx", ".xlsx", ".pptx")
_JPEG, _TIFF = (".jpg", ".jpeg", ".jfif"), (".tif", ".tiff")
# The formats of offices here: WPS writes .wps/.et/.dps in the old compound format, .ofd is the national fixed-layout document (GB/T 33190).
TYPES: Mapping[str, FileType] = {
    ".pdf": _type("application/pdf", ".pdf"), ".ofd": _type("application/ofd", *_ZIP),
    ".docx": _type(f"{_OFFICE}.wordprocessingml.document", *_ZIP), ".xlsx": _type(f"{_OFFICE}.spreadsheetml.sheet", *_ZIP),
    ".pptx": _type(f"{_OFFICE}.presentationml.presentation", *_ZIP), ".doc": _type("application/msword", *_OLE),
    ".xls": _type("application/vnd.ms-excel", *_OLE), ".ppt": _type("application/vnd.ms-powerpoint", *_OLE),
    ".wps": _type("application/vnd.ms-works", *_OLE, *_ZIP), ".et": _type("application/octet-stream", *_OLE, *_ZIP),
    ".dps": _type("application/octet-stream", *_OLE, *_ZIP), ".jpg": _type("image/jpeg", *_JPEG), ".jpeg": _type("image/jpeg", *_JPEG),
    ".png": _type("image/png", ".png"), ".gif": _type("image/gif", ".gif"), ".bmp": _type("image/bmp", ".bmp"),
    ".webp": _type("image/webp", ".webp"), ".heic": _type("image/heic", ".heic", ".heif"), ".heif": _type("image/heif", ".heic", ".heif"),
    ".tif": _type("image/tiff", *_TIFF), ".tiff": _type("image/tiff", *_TIFF), ".zip": _type("application/zip", *_ZIP),
    ".rar": _type("application/vnd.rar", ".rar"), ".7z": _type("application/x-7z-compressed", ".7z"),
    ".mp3": _type("audio/mpeg", ".mp3", ".mpga", ".mp2"), ".m4a": _type("audio/mp4", ".m4a", ".mp4"), ".wav": _type("audio/wav", ".wav"),
    ".amr": _type("audio/amr", ".amr"), ".mp4": _type("video/mp4", ".mp4", ".m4v", ".mov"), ".mov": _type("video/quicktime", ".mov", ".mp4"),
    ".txt": _type("text/plain"), ".csv": _type("text/csv"),
}  # fmt: skip


def media_type(content: bytes, filename: str) -> str:
    """The media type of a file whose content fits its extension. Raises FileTypeRefused or FileTypeDiffers."""
    kind = TYPES.get(extension(filename))
    if kind is None:
        raise FileTypeRefused(filename=filename)
    fits = bool(_signs(content) & kind.signs) if kind.signs else _is_text(content)
    if not fits:
        raise FileTypeDiffers(filename=filename)
    return kind.media_type


def extension(filename: str) -> str:
    """`.pdf` of `报告.PDF`; "" without one."""
    stem, dot, last = filename.rpartition(".")
    return f".{last.lower()}" if dot and stem else ""


def clean_name(filename: str) -> str:
    """The file's own name: no folders, no invisible or direction-changing characters, not too long; the extension stays."""
    name = printable(filename.replace("\\", "/").rpartition("/")[2]).strip(" .")
    ending = extension(name)
    if len(name) > LONGEST and len(ending) < 10:
        name = name[: LONGEST - len(ending)].rstrip(" .") + ending
    return name[:LONGEST] or "附件"


def _signs(content: bytes) -> set[str]:
    # What puremagic merely looks for at the end or finds by guessing is not asked: only a signature at the beginning counts.
    try:
        return {match.extension.lower() for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return set()


def _is_text(content: bytes) -> bool:
    """Text in one of the encodings used here, and not a web page, a drawing or a script in disguise."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        return False
    start = text.lstrip()[:2]
    return not start.startswith("<") and start != "#!" and all(sign.isprintable() or sign in "\t\r\n\f\u3000\u00a0" for sign in text)
