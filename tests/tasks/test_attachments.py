from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine.tables.instances import Event, Variable
from engine.tables.tasks import Attachment as Row
from engine.verbs import attachments, filling, starting, tasks
from engine.verbs.errors import EngineError, FormInvalid, NotAllowed, NotFound
from engine.verbs.file_types import FileTypeDiffers, FileTypeRefused, clean_name, media_type
from engine.verbs.filling import TaskForm
from tests.access.world import World
from tests.forms.conftest import NOW, field, form_of

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17) + b"\0\0\0\0IEND\xaeB`\x82"


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return content.getvalue()


OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
ACCEPTED = {
    "a.pdf": PDF, "a.PDF": PDF, "图.png": PNG, "a.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(50) + b"\xff\xd9",
    "手机照片.jpeg": b"\xff\xd8\xff\xe1\0\x10Exif\0" + bytes(50), "a.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "a.docx": zipped("[Content_Types].xml", "word/document.xml"), "a.xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "a.ofd": zipped("OFD.xml"), "a.doc": OLD_OFFICE, "a.xls": OLD_OFFICE, "公文.wps": OLD_OFFICE, "a.zip": zipped("a.txt"),
    "a.rar": b"Rar!\x1a\x07\x01\0" + bytes(20), "a.7z": b"7z\xbc\xaf'\x1c" + bytes(20), "a.mp3": b"ID3\x03\0" + bytes(40),
    "a.amr": b"#!AMR\n" + bytes(20), "a.mp4": b"\0\0\0\x20ftypisom\0\0\0\0mp42isom", "a.txt": "说明\r\n".encode(), "b.txt": "说明".encode("gb18030"),
    "表.csv": "\ufeff名称,数量\n甲,1\n".encode(),
}  # fmt: skip
REFUSED = {
    "a.exe": b"MZ" + bytes(200), "a.html": b"<!DOCTYPE html><html>", "a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.js": b"alert(1)",
    "a.bat": b"del *", "a.sh": b"#!/bin/sh\n", "a": b"text", ".pdf": PDF, "a.pdf.exe": PDF, "a.docm": zipped("word/vbaProject.bin"), "a.xml": b"<x/>",
}  # fmt: skip
DISGUISED = {
    "a.pdf": b"MZ" + bytes(200), "b.pdf": PNG, "a.png": PDF, "b.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.docx": OLD_OFFICE,
    "a.jpg": b"\x7fELF" + bytes(100), "a.txt": b"  <html><script>", "b.txt": b"#!/bin/sh\n", "c.txt": b"MZ\x90\0\3\0", "a.csv": b"\xef\xbb\xbf<svg>",
    "a.zip": b"MZ" + zipped("a.txt"), "c.pdf": b"junk " * 300 + PDF, "a.mp4": b"<html>", "a.doc": b"<html>",
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_files_of_office_life_are_taken(name: str) -> None:
    assert "/" in media_type(ACCEPTED[name], name)


@pytest.mark.parametrize("name", REFUSED)
def test_programs_and_pages_are_refused(name: str) -> None:
    with pytest.raises(FileTypeRefused):
        media_type(REFUSED[name], name)


@pytest.mark.parametrize("name", DISGUISED)
def test_content_that_is_not_what_it_says_is_refused(name: str) -> None:
    with pytest.raises(FileTypeDiffers):
        media_type(DISGUISED[name], name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/报告.pdf", "报告.pdf"), ("C:\\temp\\报告.pdf", "报告.pdf"), ("报\0告\n.pdf", "报告.pdf"), ("\u202efdp.exe", "fdp.exe"), ("", "附件"),
        ("...", "附件"), ("长" * 300 + ".pdf", "长" * 146 + ".pdf"), ("a." + "b" * 300, ("a." + "b" * 300)[:150]),
    ],
)  # fmt: skip
def test_names_lose_what_could_do_harm(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_file_travels_from_the_start_to_everyone_who_handles_the_case(any_world: World) -> None:
    boss, now = any_world.actor("acme_boss"), any_world.clock.now
    with any_world.store.writing() as session:
        file = attachments.store(session, PDF, "证明.pdf", boss, now, request_key="r1")
        spare = attachments.store(session, PNG, "多余.png", boss, now, request_key="r1")
    with any_world.store.reading() as session, pytest.raises(NotFound):
        attachments.open(session, file.id, any_world.actor("housing_one"))

    with any_world.store.writing() as session:
        raw = {"topic": ["路灯不亮"], "papers": ["", file.id]}
        case = starting.start_from_form(session, "case", raw, boss, now, "r1")

    with any_world.store.reading() as session:
        facts, content = attachments.open(session, file.id, any_world.actor("housing_one"))
        assert (facts.filename, facts.media_type, facts.size, content) == ("证明.pdf", "application/pdf", len(PDF), PDF)
        assert session.scalar(select(Variable.value).where(Variable.instance_id == case.id, Variable.name == "papers")) == [
            {"id": file.id, "name": "证明.pdf", "size": len(PDF), "mediaType": "application/pdf"}
        ]
        assert session.scalar(select(Event.facts).where(Event.stream == case.id, Event.kind == "attachment_added"))["sha256"] == facts.sha256
        with pytest.raises(NotFound):  # taken back before the start
            attachments.open(session, spare.id, boss)
        shown = tasks.form(session, any_world.task(case, "handle_case"), any_world.actor("housing_one"))
        assert file.id in shown.attachments


def test_what_was_uploaded_for_a_task_and_taken_back_is_gone(world: World) -> None:
    case, boss, now = world.start(), world.actor("acme_boss"), world.clock.now
    task_id = world.task(case, "answer_question")
    with world.store.writing() as session:
        kept, dropped = (attachments.store(session, PDF, name, boss, now, task_id=task_id) for name in ("一.pdf", "二.pdf"))

    world.complete(case, "answer_question", "acme_boss", answer="见附件", proof=kept.id)

    with world.store.reading() as session:
        assert [row.filename for row in attachments.of_instance(session, case.id, world.actor("housing_one"))] == ["一.pdf"]
        assert [row.filename for row in attachments.of_instance(session, case.id, boss)] == ["一.pdf"]


def test_files_of_offices_are_not_listed_to_the_enterprise(world: World) -> None:
    case, now = world.start(), world.clock.now
    with world.store.writing() as session:
        attachments.store(session, PDF, "内部.pdf", world.actor("housing_one"), now, task_id=world.task(case, "handle_case"))

    with world.store.reading() as session:
        assert attachments.of_instance(session, case.id, world.actor("acme_boss")) == []
        assert len(attachments.of_instance(session, case.id, world.actor("housing_two"))) == 1


def test_an_enterprise_opens_a_file_of_an_office_only_where_a_form_shows_it(world: World) -> None:
    case, now, boss = world.start(), world.clock.now, world.actor("acme_boss")
    with world.store.writing() as session:
        inner = attachments.store(session, PDF, "内部.pdf", world.actor("housing_one"), now, task_id=world.task(case, "handle_case"))

    with world.store.reading() as session:
        with pytest.raises(NotFound):
            attachments.open(session, inner.id, boss)
        assert attachments.open(session, inner.id, boss, shown={inner.id})[1] == PDF
        assert attachments.open(session, inner.id, world.actor("cadre_of_acme"))[1] == PDF


def test_colleagues_open_what_their_enterprise_handed_in(world: World) -> None:
    case, now = world.start(), world.clock.now
    with world.store.writing() as session:
        own = attachments.store(session, PDF, "证明.pdf", world.actor("acme_boss"), now, task_id=world.task(case, "answer_question"))

    with world.store.reading() as session:
        assert attachments.open(session, own.id, world.actor("acme_clerk"))[1] == PDF


def test_a_form_shows_the_files_of_its_open_fields_only() -> None:
    file = {"id": "f1", "name": "批文.pdf", "size": 10, "mediaType": "application/pdf"}
    shown, hidden = (
        field("filepicker", "papers", readonly=True), field("filepicker", "papers", readonly=True, conditional={"hide": "=true"}),
    )  # fmt: skip

    assert filling.files_shown(TaskForm(form_of(shown), {"papers": [file]}), NOW) == {"f1"}
    assert filling.files_shown(TaskForm(form_of(hidden), {"papers": [file]}), NOW) == frozenset()


@pytest.mark.parametrize(("content", "code"), [(b"", "file_empty"), (b"%PDF-1.7\n" + bytes(20 * 1024 * 1024), "file_too_large"), (b"x", "file_type_differs")])
def test_empty_oversized_and_broken_files_are_refused_with_their_name(world: World, content: bytes, code: str) -> None:
    with world.store.writing() as session, pytest.raises(EngineError) as refused:
        attachments.store(session, content, "大.pdf", world.actor("acme_boss"), world.clock.now, request_key="r")

    assert refused.value.code == code and "大.pdf" in refused.value.sentence()


def test_files_are_counted(world: World) -> None:
    boss = world.actor("acme_boss")
    with world.store.writing() as session:
        for number in range(attachments.MANY):
            attachments.store(session, b"text", f"{number}.txt", boss, world.clock.now, request_key="r")
        with pytest.raises(attachments.TooManyFiles):
            attachments.store(session, b"text", "one-more.txt", boss, world.clock.now, request_key="r")


@pytest.mark.parametrize(("name", "most"), [("MANY_WAITING", 2), ("MOST_WAITING", 10)])
def test_what_waits_under_made_up_keys_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(attachments, name, most)
    boss, now = world.actor("acme_boss"), world.clock.now
    with world.store.writing() as session:
        attachments.store(session, b"text.", "1.txt", boss, now, request_key="a")
        attachments.store(session, b"text.", "2.txt", boss, now, request_key="b")

        with pytest.raises(attachments.TooMuchWaiting) as refused:
            attachments.store(session, b"t", "3.txt", boss, now, request_key="c")
        attachments.store(session, b"text", "4.txt", world.actor("bolt_boss"), now, request_key="d")

    assert "一周" in refused.value.sentence()


def test_files_go_only_to_tasks_one_works_on(world: World) -> None:
    case, now = world.start(), world.clock.now
    world.claim(case, "handle_case", "housing_one")

    with world.store.writing() as session:
        with pytest.raises(NotAllowed):
            attachments.store(session, PDF, "a.pdf", world.actor("housing_two"), now, task_id=world.task(case, "handle_case"))
        with pytest.raises(NotFound):
            attachments.store(session, PDF, "a.pdf", world.actor("acme_boss"), now, task_id=world.task(case, "handle_case"))
        with pytest.raises(NotAllowed):
            attachments.store(session, PDF, "a.pdf", world.actor("designer"), now, request_key="r")


def test_a_file_handed_in_by_another_is_no_file_of_mine(world: World) -> None:
    with world.store.writing() as session:
        theirs = attachments.store(session, PDF, "a.pdf", world.actor("bolt_boss"), world.clock.now, request_key="r")

    with world.store.writing() as session, pytest.raises(FormInvalid):
        raw = {"topic": ["x"], "papers": [theirs.id]}
        starting.start_from_form(session, "case", raw, world.actor("acme_boss"), world.clock.now, "r")


def test_files_of_what_was_never_started_are_purged(world: World) -> None:
    with world.store.writing() as session:
        attachments.store(session, PDF, "a.pdf", world.actor("acme_boss"), world.clock.now, request_key="r")
        assert attachments.purge(session, world.clock.now) == 0
        assert attachments.purge(session, world.clock.now + timedelta(seconds=1)) == 1
        assert session.scalar(select(func.count()).select_from(Row)) == 0
