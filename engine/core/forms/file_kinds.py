"""What a file field takes, in people's words instead of endings."""

from __future__ import annotations

from engine.core.bpmn.words import Words

LARGEST = 20 * 1024 * 1024  # bytes of one file
_KINDS = {
    "pdf": (".pdf", ".ofd"), "word": (".doc", ".docx"), "excel": (".xls", ".xlsx", ".csv"), "slides": (".ppt", ".pptx"),
    "wps": (".wps", ".et", ".dps"), "image": ("image/*", ".jpg", ".jpeg", ".png", ".heic", ".gif", ".bmp"), "audio": ("audio/*", ".mp3", ".amr"),
    "video": ("video/*", ".mp4"), "archive": (".zip", ".rar", ".7z"), "text": (".txt", "text/*"),
}  # fmt: skip


class FileKinds(str):
    """The endings and media types of an `accept` as a fact of a sentence: `{accept:zh}` or `{accept:en}`; what has no word stays as it is."""

    def __format__(self, language: str) -> str:
        wanted = [part.strip().lower() for part in self.split(",") if part.strip()]
        kinds = {part: kind for kind, parts in _KINDS.items() for part in parts}
        words = [format(Words(f"form.files.{kinds[part]}"), language) if part in kinds else part for part in wanted]
        return format(Words("form.files.separator"), language).join(dict.fromkeys(words))
