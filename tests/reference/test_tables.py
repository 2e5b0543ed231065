"""Reference tables as files: what a cell may hold, what is said about it, what FEEL sees of it."""

from datetime import UTC, datetime

import pytest

from engine import feel
from engine.core import reference
from engine.core.reference import difference, function, in_memory, read, schema_for, tables_named, write
from engine.texts import text
from webapp import files

NOW = datetime(2026, 3, 2, tzinfo=UTC)
POLICIES = "id,title,year,valid_until,note\np1,首次入规奖励,2025,2027-12-31,市里发文\np2,技术改造补助,2026,,\n"


def evaluated(expression, *tables):
    scope = {"reference": function(in_memory(tables))}
    return feel.parse(expression).evaluate(scope, now=NOW)


def codes(content, file="policies.csv"):
    return [(problem.code, problem.line) for problem in read(content.encode(), file)[1]]


def test_cells_become_values_by_the_columns_of_the_table():
    table, problems = read(("\ufeff" + POLICIES).encode(), "workflows/reference/policies.csv")

    assert problems == [] and table.name == "policies"
    assert table.rows[0] | {"benefit": None} == table.rows[0]
    assert [(row["year"], row["valid_until"], row["note"]) for row in table.rows] == [(2025, "2027-12-31", "市里发文"), (2026, None, None)]


def test_a_table_nobody_knows_is_one_of_texts_with_its_first_column_as_key():
    table, problems = read("code,days\na,3\nb,3\na,4\n".encode(), "fees.csv")

    assert [problem.code for problem in problems] == ["reference_twice"]
    assert table.schema.key == ("code",) and table.rows[0] == {"code": "a", "days": "3"}


def test_material_lists_may_use_the_same_id_in_different_lists():
    assert codes("list,id,name,required\na,1,执照,true\nb,1,执照,false\n", "materials.csv") == []
    assert codes("list,id,name,required\na,1,执照,true\na,1,身份证,true\n", "materials.csv") == [("reference_twice", 3)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,title,year\np1,甲,今年\n", [("reference_number", 2)]),
        ("id,title,year\np1,甲,1_000\n", [("reference_number", 2)]),
        ("id,title,year\np1,甲,1e999\n", [("reference_number", 2)]),
        ("id,title,valid_until\np1,甲,2027/1/1\n", [("reference_day", 2)]),
        ("id,title\n,甲\n", [("reference_empty", 2)]),
        ("id\np1\n", [("reference_column_missing", 1)]),
        ("", [("reference_column_missing", 1)]),
        ("id,title,title\np1,甲,乙\n", [("reference_header", 1)]),
        ("id,title\np1,甲,乙\n", [("reference_cells", 2)]),
        ('id,title\np1,"甲\n', [("reference_unreadable", None)]),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(content, expected):
    assert codes(content) == expected


def test_levels_of_clauses_are_those_of_the_standard():
    assert codes("id,level,text\n4.1,必须,联系企业\n", "clauses.csv") == [("reference_choice", 2)]


def test_a_file_that_is_no_text_is_answered_not_raised():
    assert [problem.code for problem in read(b"\xff\xfe\x00", "policies.csv")[1]] == ["reference_unreadable"]


def test_a_table_written_and_read_again_is_the_same():
    table, _ = read('id,title,note\np1,"逗号，, 引号""",多\np2,乙,\n'.encode(), "policies.csv")

    again, problems = read(write(table.schema, table.rows).encode(), "policies.csv")

    assert problems == [] and again.rows == table.rows


def test_rows_are_compared_by_key_whatever_their_order():
    schema = schema_for("fees", ["id", "name"])
    old = [{"id": "a", "name": "1"}, {"id": "b", "name": "2"}, {"id": "c", "name": "3"}]
    new = [{"id": "c", "name": "3"}, {"id": "b", "name": "9"}, {"id": "d", "name": None}]

    changes = difference(schema, old, new)

    assert (changes.added, changes.changed, changes.removed) == ((("d",),), (("b",),), (("a",),))
    assert len(difference(schema, old, reversed(old))) == 0


def test_feel_filters_and_counts_rows():
    materials, _ = read("list,id,name,required\na,1,执照,true\na,2,章程,false\nb,1,合同,true\n".encode(), "materials.csv")
    policies, _ = read(POLICIES.encode(), "policies.csv")

    assert evaluated('reference("materials")[list = "a" and required].name', materials).value == ["执照"]
    assert feel.to_json(evaluated('sum(reference("policies").year)', policies).value) == 4051
    assert evaluated('reference(name: "policies")[2].valid_until', policies).value is None
    assert evaluated('date(reference("policies")[1].valid_until) > @"2027-01-01"', policies).value is True


def test_an_unknown_table_is_null_with_a_warning():
    value, (warning,) = evaluated('reference("nowhere")')

    assert value is None
    assert "nowhere" in text(f"feel.warning.{warning.code}", **warning.facts)
    assert evaluated("reference(3)").value is None


def test_what_an_expression_makes_of_a_row_leaves_the_table_alone():
    policies, _ = read(POLICIES.encode(), "policies.csv")
    look = in_memory([policies])
    scope = {"reference": function(look)}

    feel.parse('append(reference("policies"), context put(reference("policies")[1], "year", 1))').evaluate(scope, now=NOW)

    assert feel.parse('reference("policies").year').evaluate(scope, now=NOW).value == [2025, 2026]


def test_tables_are_found_in_every_kind_of_file():
    content = b'<a>=reference("one")</a>\n<b x="=reference(&quot;two&quot;)[1]"/>\n{"expression": "=reference(\\"three\\")"}'
    assert list(tables_named(content)) == [(1, "one"), (2, "two"), (3, "three")]


def test_every_fault_has_a_sentence_in_both_languages():
    for code in ("empty", "flag", "number", "day", "choice", "twice", "too_large"):
        for language in ("zh", "en"):
            assert text(f"problem.reference_{code}", language, column="列", value="值") != f"problem.reference_{code}"
    assert set(reference.KNOWN) >= {"departments", "holidays", "posts", "policies", "materials", "public_services", "questionnaire"}


def test_a_cycle_that_no_timer_could_follow_is_refused():
    head = "id,name,cycle\n"
    good, none = reference.read(f"{head}a,走访,0 0 9 1 * *\nb,自评,R/P3M\n".encode(), "schedules.csv")
    _, found = reference.read(f"{head}a,走访,每月一次\nb,自评,\n".encode(), "schedules.csv")

    assert none == [] and [row["cycle"] for row in good.rows] == ["0 0 9 1 * *", "R/P3M"]
    assert [(problem.code, problem.line) for problem in found] == [("reference_cycle", 2), ("reference_empty", 3)]


def test_the_page_for_owners_names_every_table_and_column():
    page = (files.PROJECT / "docs" / "reference-tables.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, schema in reference.KNOWN.items():
        assert all(f"`{column}`" in rows[name] for column in schema.names), name
