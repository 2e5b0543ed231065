"""List functions. Source: DMN 1.4 §10.3.4.4, §10.3.4.9; `duplicate values`, `partition` and `is empty` as the stock BPMN tools have them."""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from itertools import chain

from ..arithmetic import OPERATIONS
from ..budget import Run
from ..comparison import PLAIN, order, same
from ..errors import Null
from ..invocation import invoke
from ..values import DECIMAL128, DaysTimeDuration, Function, YearsMonthsDuration, kind_of
from .registry import builtin

_ADD, _MULTIPLY, _DIVIDE, _SUBTRACT = (OPERATIONS[sign] for sign in "+*/-")
_NUMBERS = "number|days and time duration|years and months duration"


@builtin("list contains", "list: list", "element: any")
def list_contains(run: Run, items: list[object], element: object) -> bool:
    return any(same(item, element, run) for item in items)


@builtin("count", "list: list")
def count(run: Run, items: list[object]) -> Decimal:
    return Decimal(len(items))


@builtin("is empty", "list: list")
def is_empty(run: Run, items: list[object]) -> bool:
    return not items


def _extreme(items: list[object], wanted: int) -> object:
    """The least or greatest element; null for an empty list. Raises Null when two elements cannot be compared."""
    if not items:
        return None
    best = items[0]
    order(best, best)
    for item in items[1:]:
        if order(item, best) == wanted:
            best = item
    return best


@builtin("min", "list: list")
def minimum(run: Run, items: list[object]) -> object:
    return _extreme(items, -1)


@builtin("min", "c...: any")
def minimum_of(run: Run, *items: object) -> object:
    return _extreme(list(items), -1)


@builtin("max", "list: list")
def maximum(run: Run, items: list[object]) -> object:
    return _extreme(items, 1)


@builtin("max", "c...: any")
def maximum_of(run: Run, *items: object) -> object:
    return _extreme(list(items), 1)


def _folded(items: list[object], apply: Callable[[object, object], object], kinds: tuple[type, ...]) -> object:
    if not items:
        return None
    for item in items:
        if type(item) not in kinds:
            raise Null("bad_element", type=kind_of(item))
    result = items[0]
    for item in items[1:]:
        result = apply(result, item)
    return result


@builtin("sum", "list: list")
def total(run: Run, items: list[object]) -> object:
    return _folded(items, _ADD, (Decimal, DaysTimeDuration, YearsMonthsDuration))


@builtin("sum", f"n...: {_NUMBERS}")
def total_of(run: Run, *items: object) -> object:
    return total(run, list(items))


@builtin("product", "list: list")
def product(run: Run, items: list[object]) -> object:
    return _folded(items, _MULTIPLY, (Decimal,))


@builtin("product", "n...: number")
def product_of(run: Run, *items: object) -> object:
    return product(run, list(items))


@builtin("mean", "list: list")
def mean(run: Run, items: list[object]) -> object:
    return _DIVIDE(total(run, items), Decimal(len(items))) if items else None


@builtin("mean", f"n...: {_NUMBERS}")
def mean_of(run: Run, *items: object) -> object:
    return mean(run, list(items))


@builtin("median", "list: list")
def median(run: Run, items: list[object]) -> object:
    ordered = sorted(_numbers(items, (Decimal, DaysTimeDuration, YearsMonthsDuration)), key=cmp_to_key(order))
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else _DIVIDE(_ADD(ordered[middle - 1], ordered[middle]), Decimal(2))


@builtin("median", f"n...: {_NUMBERS}")
def median_of(run: Run, *items: object) -> object:
    return median(run, list(items))


def _numbers(items: list[object], kinds: tuple[type, ...] = (Decimal,)) -> list[object]:
    for item in items:
        if type(item) not in kinds:
            raise Null("bad_element", type=kind_of(item))
    return items


@builtin("stddev", "list: list")
def deviation(run: Run, items: list[object]) -> object:
    """The standard deviation of a sample: at least two numbers."""
    _numbers(items)
    if len(items) < 2:
        return None
    middle = mean(run, items)
    squares = [_MULTIPLY(gap, gap) for gap in (_SUBTRACT(item, middle) for item in items)]
    return DECIMAL128.sqrt(_DIVIDE(total(run, squares), Decimal(len(items) - 1)))  # type: ignore[arg-type]


@builtin("stddev", "n...: number")
def deviation_of(run: Run, *items: object) -> object:
    return deviation(run, list(items))


@builtin("mode", "list: list")
def mode(run: Run, items: list[object]) -> list[object]:
    """The most frequent numbers, in ascending order."""
    counts: dict[object, int] = {}
    for item in _numbers(items):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted((item for item, times in counts.items() if times == most), key=cmp_to_key(order))


@builtin("mode", "n...: number")
def mode_of(run: Run, *items: object) -> list[object]:
    return mode(run, list(items))


def _decided(items: list[object], deciding: bool) -> bool | None:
    if any(item is deciding for item in items):
        return deciding
    return (not deciding) if all(type(item) is bool for item in items) else None


@builtin("all", "list: list")
def every(run: Run, items: list[object]) -> bool | None:
    return _decided(items, False)


@builtin("all", "b...: any")
def every_of(run: Run, *items: object) -> bool | None:
    return _decided(list(items), False)


@builtin("any", "list: list")
def some(run: Run, items: list[object]) -> bool | None:
    return _decided(items, True)


@builtin("any", "b...: any")
def some_of(run: Run, *items: object) -> bool | None:
    return _decided(list(items), True)


def _index(position: Decimal, length: int) -> int:
    """A position from 1, or from the end if negative, as an index. Raises Null outside the list."""
    if position != position.to_integral_value() or not position or abs(position) > length:
        raise Null("no_such_element", index=str(position), count=length)
    return int(position) - 1 if position > 0 else length + int(position)


@builtin("sublist", "list: list", "start position: number", "length?: number")
def sublist(run: Run, items: list[object], start: Decimal, length: Decimal | None) -> list[object]:
    first = _index(start, len(items))
    if length is None:
        return items[first:]
    if length < 1 or length != length.to_integral_value():
        raise Null("bad_argument", function="sublist(list, start position, length?)", types="number")
    return items[first:first + min(int(length), len(items))]


@builtin("append", "list: list", "item...: any")
def append(run: Run, items: list[object], *more: object) -> list[object]:
    run.grow(len(items) + len(more))
    return items + list(more)


@builtin("concatenate", "list...: list")
def concatenate(run: Run, *lists: list[object]) -> list[object]:
    run.grow(sum(map(len, lists)))
    return list(chain.from_iterable(lists))


@builtin("insert before", "list: list", "position: number", "newItem: any")
def insert_before(run: Run, items: list[object], position: Decimal, item: object) -> list[object]:
    place = _index(position, len(items))
    return [*items[:place], item, *items[place:]]


@builtin("remove", "list: list", "position: number")
def remove(run: Run, items: list[object], position: Decimal) -> list[object]:
    place = _index(position, len(items))
    return items[:place] + items[place + 1:]


@builtin("list replace", "list: list", "position: number", "newItem: any")
def list_replace(run: Run, items: list[object], position: Decimal, item: object) -> list[object]:
    place = _index(position, len(items))
    return [*items[:place], item, *items[place + 1:]]


@builtin("list replace", "list: list", "match: function", "newItem: any")
def list_replace_matching(run: Run, items: list[object], match: Function, new: object) -> list[object]:
    replaced = []
    for item in items:
        found = invoke(run, match, [item, new])
        if type(found) is not bool:
            raise Null("not_boolean", type=kind_of(found))
        replaced.append(new if found else item)
    return replaced


@builtin("reverse", "list: list")
def reverse(run: Run, items: list[object]) -> list[object]:
    return items[::-1]


@builtin("index of", "list: list", "match: any")
def index_of(run: Run, items: list[object], match: object) -> list[object]:
    return [Decimal(index) for index, item in enumerate(items, 1) if same(item, match, run)]


def _distinct(run: Run, items: list[object]) -> list[object]:
    """The items without repetitions. Most types find their like by hash; the others are compared one by one."""
    kept: list[object] = []
    others: list[object] = []
    seen: set[tuple[type, object]] = set()
    for item in items:
        if item is None or type(item) in PLAIN or type(item) is bool:
            if (type(item), item) in seen:
                continue
            seen.add((type(item), item))
        else:
            run.spend(len(others))
            if any(same(item, other, run) for other in others):
                continue
            others.append(item)
        kept.append(item)
    return kept


@builtin("union", "list...: list")
def union(run: Run, *lists: list[object]) -> list[object]:
    return _distinct(run, concatenate(run, *lists))


@builtin("distinct values", "list: list")
def distinct_values(run: Run, items: list[object]) -> list[object]:
    return _distinct(run, items)


@builtin("duplicate values", "list: list")
def duplicate_values(run: Run, items: list[object]) -> list[object]:
    run.spend(len(items) ** 2 >> 2)
    return [item for item in _distinct(run, items) if sum(same(item, other, run) for other in items) > 1]


@builtin("flatten", "list: list")
def flatten(run: Run, items: list[object]) -> list[object]:
    result: list[object] = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            run.spend(1)
            if type(item) is list:
                stack.append(iter(item))
                break
            result.append(item)
            if len(result) > run.budget.size:
                run.grow(len(result))
        else:
            stack.pop()
    return result


@builtin("partition", "list: list", "size: number")
def partition(run: Run, items: list[object], size: Decimal) -> list[object]:
    if size < 1 or size != size.to_integral_value():
        raise Null("bad_argument", function="partition(list, size)", types="number")
    step = min(int(size), max(len(items), 1))
    return [items[start:start + step] for start in range(0, len(items), step)]


@builtin("sort", "list: list", "precedes?: function")
def sort(run: Run, items: list[object], precedes: Function | None) -> list[object]:
    """Stable. Without a function, numbers, texts or temporal values in ascending order."""
    def compare(left: object, right: object) -> int:
        run.spend(1)
        if precedes is None:
            return order(left, right)
        if invoke(run, precedes, [left, right]) is True:
            return -1
        return 1 if invoke(run, precedes, [right, left]) is True else 0

    return sorted(items, key=cmp_to_key(compare))
