"""Choosing benches by name, running them one after another, and printing what they found as it comes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.texts import text
from webapp.bench import kernels, lists, loading, pages, soaks, steps
from webapp.bench.measure import Line

Bench = Callable[[float], Iterator[Line]]
BENCHES: Mapping[str, Bench] = {
    "step": steps.step, "age": steps.age, "multi": steps.multi, "scripts": steps.scripts, "parse": kernels.parse, "feel": kernels.condition,
    "table": kernels.table, "lists": lists.lists, "pages": pages.pages, "timers": soaks.timers, "memory": soaks.memory,
}  # fmt: skip
_WIDTHS = (9, 24, 12, 9, 11, 11, 9, 26)
_HEAD = ("bench", "what", "database", "unit", "median", "p95", "ratio", "target")


def run(
    names: Sequence[str], language: str, *, as_json: bool = False, scale: float = 1, people: int = 20, seconds: int = 20
) -> int:
    """Run these benches, or all but `load`; the exit code. `scale` shortens them (0.1: a tenth of the rounds and rows)."""
    known = {**BENCHES, "load": lambda scale: loading.load(people, seconds, scale)}
    if unknown := [name for name in names if name not in known]:
        print(text("cli.bench_unknown", language, names=", ".join(unknown), known=", ".join(known)), file=sys.stderr)
        return 2
    found: list[Line] = []
    if not as_json:
        print(_row([text(f"bench.{name}", language) for name in _HEAD]))
    for name in names or BENCHES:
        for line in known[name](scale):
            found.append(line)
            if not as_json:
                print(_row(_cells(line)), flush=True)
    if as_json:
        print(json.dumps([line.as_json() for line in found], ensure_ascii=False, indent=2))
    return 0


def _cells(line: Line) -> list[str]:
    facts = " ".join(f"{name}={value}" for name, value in line.facts.items())
    ratio = f"{line.ratio:.2f}" if line.ratio is not None else ""
    return [
        line.bench, line.what, line.database, line.unit, f"{line.median:.3f} ms", f"{line.p95:.3f} ms", ratio,
        " ".join(filter(None, [line.target, facts])),
    ]  # fmt: skip


def _row(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()
