"""Reference tables for those who own them: look, search, change a row, download, upload with a preview, and who changed what when."""

from __future__ import annotations

import json
from urllib.parse import quote

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.core import reference as core
from engine.core.problems import Refused
from engine.core.reference import Key, Row, Table, cell_text, key_text
from engine.texts import text
from engine.verbs import reference
from engine.verbs.access import Act
from engine.verbs.errors import NotFound
from engine.verbs.inboxes import Page
from webapp.clock import now
from webapp.database import store, writing
from webapp.inbox import page_number
from webapp.security import needs
from webapp.texts import language, t

pages = Blueprint("reference_pages", __name__, url_prefix="/reference")
SHOWN = 50  # rows on a page
LARGEST = 1_500_000  # bytes of an uploaded file; it travels through the preview
LISTED = 200  # keys of a preview


@pages.get("")
@needs(Act.SET_REFERENCE)
def show_all() -> ResponseReturnValue:
    with store().reading() as session:
        tables = reference.tables(session, g.actor)
    return render_template("reference_tables.html", tables=tables, title_of=_title)


@pages.get("/<name>")
@needs(Act.SET_REFERENCE)
def show(name: str) -> ResponseReturnValue:
    """The rows of a table, of its newest version or of an older one to look at."""
    version, query = request.args.get("version", type=int), request.args.get("q", "")[:100]
    with store().reading() as session:
        table, shown = reference.get(session, name, g.actor, version=version)
        versions = reference.versions(session, name, g.actor)
    page = _page(reference.search(table, query), page_number())
    asked = {key: value for key, value in request.args.items() if key != "page"}
    return render_template(
        "reference_table.html", table=table, title=_title(name), version=shown, newest=versions[0].version, versions=versions, page=page,
        query=query, key_of=lambda row: json.dumps(table.schema.key_of(row), ensure_ascii=False), cell=cell_text, label_of=_label,
        address=lambda number: url_for(".show", name=name, **{**asked, "page": number}),
    )  # fmt: skip


@pages.get("/<name>/row")
@needs(Act.SET_REFERENCE)
def edit(name: str) -> ResponseReturnValue:
    """A form for one row: the one with the `key`, or a new one."""
    with store().reading() as session:
        table, version = reference.get(session, name, g.actor)
    key = _key(request.args.get("key"))
    row = _row(table, key)
    if key is not None and row is None:
        raise NotFound("reference_row", key_text(key))
    cells = {column: cell_text((row or {}).get(column)) for column in table.schema.names}
    return _form(table, version, key, cells, {})


@pages.post("/<name>/row")
@needs(Act.SET_REFERENCE)
def save(name: str) -> ResponseReturnValue:
    key, version = _key(request.form.get("_key")), request.form.get("_version", 0, int)
    with store().reading() as session:
        table, _ = reference.get(session, name, g.actor)
    cells = {column: request.form.get(f"cell.{column}", "") for column in table.schema.names}
    try:
        with writing() as session:
            changes = reference.put_row(session, name, cells, key, version, g.actor, now())
    except reference.RowInvalid as invalid:
        words = {column: _fault(code, facts) for column, (code, facts) in invalid.faults.items()}
        return _form(table, version, key, cells, words), 422
    flash(t("reference_page.saved" if len(changes) else "reference_page.nothing_changed"), "ok")
    return redirect(url_for(".show", name=name), 303)


@pages.post("/<name>/delete")
@needs(Act.SET_REFERENCE)
def delete(name: str) -> ResponseReturnValue:
    key, version = _key(request.form.get("_key")), request.form.get("_version", 0, int)
    if key is not None:
        with writing() as session:
            reference.delete_row(session, name, key, version, g.actor, now())
        flash(t("reference_page.deleted", key=key_text(key)), "ok")
    return redirect(url_for(".show", name=name), 303)


@pages.get("/<name>.csv")
@needs(Act.SET_REFERENCE)
def download(name: str) -> ResponseReturnValue:
    """The table as a file that can be edited and uploaded again, or kept in `workflows/reference/`."""
    with store().reading() as session:
        table, _ = reference.get(session, name, g.actor, version=request.args.get("version", type=int))
    # A mark at the beginning tells office programs that the file is UTF-8.
    content = "\ufeff" + core.write(table.schema, table.rows)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


@pages.post("/<name>/preview")
@needs(Act.SET_REFERENCE)
def preview(name: str) -> ResponseReturnValue:
    """What an uploaded file would change; nothing is stored yet."""
    upload = request.files.get("file")
    content = upload.read(LARGEST + 1) if upload is not None else b""
    if not content or len(content) > LARGEST:
        flash(t("reference_page.no_file" if not content else "reference_page.too_large", limit=LARGEST // 1000), "late")
        return redirect(url_for(".show", name=name), 303)
    with store().reading() as session:
        before, _ = reference.get(session, name, g.actor)
        try:
            table, changes, version = reference.preview(session, name, content, g.actor)
        except Refused as refused:
            problems = [problem.in_words(language()) for problem in refused.problems[:LISTED]]
            return render_template("reference_preview.html", name=name, title=_title(name), problems=problems, changes=None), 422
    old = {before.schema.key_of(row): row for row in before.rows}
    new = {table.schema.key_of(row): row for row in table.rows}
    changed = [(key_text(key), _cells_changed(old[key], new[key])) for key in changes.changed[:LISTED]]
    return render_template(
        "reference_preview.html", name=name, title=_title(name), problems=[], changes=changes, changed=changed, version=version,
        added=[key_text(key) for key in changes.added[:LISTED]], removed=[key_text(key) for key in changes.removed[:LISTED]],
        content=core.write(table.schema, table.rows),
    )  # fmt: skip


@pages.post("/<name>/replace")
@needs(Act.SET_REFERENCE)
def replace(name: str) -> ResponseReturnValue:
    """Take over what the preview showed."""
    content, version = request.form.get("content", "").encode(), request.form.get("_version", 0, int)
    with writing() as session:
        reference.get(session, name, g.actor)
        try:
            changes = reference.replace(session, name, content, version, g.actor, now())
        except Refused as refused:
            flash(refused.problems[0].in_words(language()), "late")
            return redirect(url_for(".show", name=name), 303)
    flash(t("reference_page.replaced", count=len(changes)), "ok")
    return redirect(url_for(".show", name=name), 303)


# ------------------------------------------------------------------------------------------------------------ small change


def _form(table: Table, version: int, key: Key | None, cells: dict[str, str], faults: dict[str, str]) -> str:
    return render_template(
        "reference_row.html", table=table, title=_title(table.name), version=version, cells=cells, faults=faults, is_new=key is None, label_of=_label,
        key=json.dumps(key, ensure_ascii=False) if key is not None else "", key_words=key_text(key) if key is not None else "",
    )  # fmt: skip


def _title(name: str) -> str:
    """What people call the table; the name of its file if it is none of ours."""
    return _words(f"reference_table.{name}", name)


def _label(column: str) -> str:
    """What people call the column; its name in the file if nobody has said."""
    return _words(f"reference_column.{column}", column)


def _words(code: str, otherwise: str) -> str:
    words = t(code)
    return otherwise if words == code else words


def _fault(code: str, facts: dict[str, object]) -> str:
    return text(f"problem.reference_{code}", language(), **{**facts, "column": _label(str(facts.get("column", "")))})


def _key(given: str | None) -> Key | None:
    """A key as the pages write it; None for a new row or anything else."""
    try:
        found = json.loads(given or "null")
    except (ValueError, RecursionError):
        return None
    return tuple(found) if isinstance(found, list) else None


def _row(table: Table, key: Key | None) -> Row | None:
    return next((row for row in table.rows if table.schema.key_of(row) == key), None)


def _cells_changed(old: Row, new: Row) -> list[tuple[str, str, str]]:
    """Column, text before, text after."""
    columns = dict.fromkeys((*old, *new))
    return [(_label(name), cell_text(old.get(name)), cell_text(new.get(name))) for name in columns if old.get(name) != new.get(name)]


def _page(rows: list[Row], number: int) -> Page:
    pages_ = max(1, -(-len(rows) // SHOWN))
    number = min(number, pages_)
    return Page(rows[(number - 1) * SHOWN : number * SHOWN], number, pages_, len(rows))
