"""The arrows of the house: who may import whom, and that the core stays pure. See docs/architecture.md."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for folder in ("engine", "webapp") for path in (ROOT / folder).rglob("*.py"))

# folder (longest match wins) → what its modules may import of ours. A folder may always import itself.
MAY_IMPORT = {
    "engine/feel": set(),
    "engine/texts": set(),
    "engine/core": {"engine/feel", "engine/texts"},
    "engine/tables": {"engine/core"},
    "engine/verbs": {"engine/core", "engine/feel", "engine/tables", "engine/texts"},
    "engine": {"engine/core", "engine/tables", "engine/texts", "engine/verbs"},
    "webapp": {"engine", "engine/core", "engine/tables", "engine/texts", "engine/verbs", "webapp/bench"},
    "webapp/bench": {"engine/core", "engine/feel", "engine/tables", "engine/texts", "engine/verbs", "webapp"},
}
# folder → packages from outside that it must not import
MUST_NOT_IMPORT = {
    "engine/feel": {"flask", "sqlalchemy", "SpiffWorkflow", "lxml"},
    "engine/core": {"flask", "sqlalchemy", "random", "secrets", "time", "os", "pathlib", "uuid"},
    "engine/tables": {"flask", "SpiffWorkflow"},
    "engine/verbs": {"flask", "SpiffWorkflow", "time"},
    "webapp": {"SpiffWorkflow"},
}
BARE = "webapp/bench/bare.py"  # SpiffWorkflow as it comes, for comparison
SPIFFWORKFLOW = {"engine/core/runtime/kernel.py", "engine/core/runtime/execution.py", BARE}


def imports(module: Path) -> set[str]:
    """Dotted names of everything a module imports; relative imports made absolute."""
    package = module.relative_to(ROOT).with_suffix("").parts[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module_name = ".".join(filter(None, [base, node.module or ""]))
            names |= {f"{module_name}.{alias.name}" for alias in node.names}
    return names


def folder_of(path: str) -> str | None:
    return max((folder for folder in MAY_IMPORT if path == folder or path.startswith(folder + "/")), key=len, default=None)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_imports_only_what_its_place_allows(module):
    here = folder_of(module.relative_to(ROOT).as_posix())
    assert here is not None
    ours = {folder_of(name.replace(".", "/")) for name in imports(module) if name.split(".")[0] in ("engine", "webapp")}
    assert ours - {None, here} <= MAY_IMPORT[here]

    forbidden = set().union(*(names for folder, names in MUST_NOT_IMPORT.items() if here == folder or here.startswith(folder + "/")))
    forbidden -= {"SpiffWorkflow"} if module == ROOT / BARE else set()
    assert not {name.split(".")[0] for name in imports(module)} & forbidden


def test_only_the_runtime_s_kernel_knows_spiffworkflow():
    users = {path.relative_to(ROOT).as_posix() for path in MODULES if any(name.startswith("SpiffWorkflow") for name in imports(path))}
    assert users == SPIFFWORKFLOW


def test_no_module_of_the_runtime_imports_one_that_needs_it():
    folder = "engine.core.runtime."
    needs = {
        path.stem: {name.removeprefix(folder).split(".")[0] for name in imports(path) if name.startswith(folder)}
        for path in MODULES if path.parent == ROOT / "engine/core/runtime"
    }  # fmt: skip
    needs = {name: found & needs.keys() for name, found in needs.items()}
    needs["kernel"].discard("execution")  # the one circle, and only of types: an activation knows the machine it is in

    assert list(TopologicalSorter(needs).static_order())


def test_the_core_never_asks_for_the_time():
    for path in (ROOT / "engine" / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"} and isinstance(node.value, ast.Name):
                assert node.value.id not in {"datetime", "date"}, f"{path}:{node.lineno}"


def test_verbs_never_commit():
    for path in (ROOT / "engine" / "verbs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Attribute) and node.attr == "commit"), f"{path}:{node.lineno}"
