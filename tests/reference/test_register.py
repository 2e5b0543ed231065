"""The register of clauses and the diagrams that carry them, as shipped."""

from engine.core import reference
from engine.core.clauses import carriers, register
from engine.core.files import read
from webapp import clauses, files
from webapp.scenario_runs import reference_tables


def shipped_register():
    table = next(table for table in reference_tables() if table.name == "clauses")
    return register(table.rows)


def test_every_clause_that_a_shipped_element_names_is_in_the_register():
    known = {clause.id for clause in shipped_register()}

    named = {clause for clause, _ in carriers(read(files.find([])).processes.values())}

    assert named and named <= known


def test_the_register_has_every_level_and_each_clause_once():
    ids = [clause.id for clause in shipped_register()]
    assert len(ids) == len(set(ids)) == 50
    assert {clause.level for clause in shipped_register()} == {"应", "宜", "可"}


def test_the_chapter_in_the_docs_is_the_one_the_files_make():
    page = (files.PROJECT / "docs" / "clauses.md").read_text("utf-8")
    assert page == clauses.shipped_chapter(), "zhuqi clauses --markdown > docs/clauses.md"


def test_every_shipped_table_is_in_order():
    found = files.find([], files.REFERENCE)
    problems = [str(problem) for name, content in found.items() for problem in reference.read(content, name)[1]]
    assert found and problems == []
