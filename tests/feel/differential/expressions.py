"""Random expressions whose value the standard fixes, over a small scope."""
from __future__ import annotations

from collections.abc import Callable
from random import Random

SCOPE: dict[str, object] = {
    "n": 4, "m": {"k": 7}, "b": True, "l": [5, 6, 7], "ls": [{"k": 1}, {"k": 4}, {"k": 9}], "s": "xaby", "day": "2024-01-31",
}
# N number, B boolean, L list of numbers, S string, D date, V a local variable; each stands for another random expression.
GRAMMAR: dict[str, list[str]] = {
    "N": ["N + N", "N - N", "N * N", "(N)", "-(N)", "if B then N else N", "count(L)", "abs(N)", "sum(append(L, N))", "string length(S)",
          "L[1]", "L[-1]", "max(N, N)", "modulo(N, 3)", "floor(N / 3)", "decimal(N / 7, 2)", "{x: N, y: x + 1}.y", "(function(p) p + N)(N)",
          "D.day", "D.month", "(D - D).days", "min(append(L, N))", "N ** 2", "{a: {b: N}}.a.b"],
    "B": ["N < N", "N <= N", "N > N", "N >= N", "N = N", "N != N", "(B and B)", "(B or B)", "not(B)", "(N in (N, > N))", "(N in [1..N + 100])",
          "(some q in L satisfies q > N)", "(every q in L satisfies q < N)", "list contains(L, N)", "contains(S, \"a\")", "S = S", "D < D", "S < S",
          "starts with(S, S)", "(N between -1000000 and 1000000)", "L = L"],
    "L": ["(for i in L return i + N)", "(for i in 1..3, j in L return i * j)", "L[item > N]", "[N, N]", "concatenate(L, L)", "reverse(L)", "ls[k > N].k",
          "sort(L, function(a1, a2) a1 < a2)", "distinct values(L)", "flatten([L, [L]])", "remove(append(L, N), 1)", "index of(L, N)", "union(L, L)"],
    "S": ["(S + S)", "upper case(S)", "substring(S + \"xyz\", 2)", "string(N)", "substring after(S, \"b\")", "substring before(S, \"b\")",
          "string join(for z in L return string(z), \"-\")", "replace(S, \"[a-m]\", \"_\")", "if B then S else S", "lower case(S)", "string(D)"],
    "D": ["date(day)", "date(2024, 2, 29)", "(D + duration(\"P1M\"))", "(D - duration(\"P1Y\"))", "(D + duration(\"P3D\"))"],
}
LEAVES = {"N": ["1", "0", "3", "9", "n", "m.k"], "B": ["true", "false", "b"], "L": ["[1, 2, 3]", "l", "[]", "ls.k"],
          "S": ['"abc"', '"中文a"', "s", '""'], "D": ["date(day)", 'date("2023-12-31")']}


def expressions(count: int, seed: int) -> list[str]:
    """`count` expressions, the same for the same seed."""
    random = Random(seed)

    def grow(kind: str, depth: int) -> str:
        if depth <= 0:
            return random.choice(LEAVES[kind])
        return "".join(_parts(random.choice(GRAMMAR[kind]), lambda inner: grow(inner, depth - random.randint(1, 2))))

    return [grow(random.choice("NBLS"), random.randint(1, 5)) for _ in range(count)]


# Unary tests over numbers, texts and dates; the letters are those of GRAMMAR.
TESTS: dict[str, list[str]] = {
    "N": ["N", "N, N", "< N", "<= N", "> N, N", ">= N", "[N..N + 9]", "(N..N + 9)", "]N..N + 9]", "[N..N + 9[", "not(N)", "not(N, N)", "not(> N)",
          "not([N..N + 9])", "L", "? > N", "? > N and ? < N", "L, N", "odd(?)", "if B then ? > N else ? < N", "not(< N, > N + 9)"],
    "S": ["S", "S, S", "not(S)", "not(S, S)", "starts with(?, S)", "contains(?, S)", "string length(?) > N", "? = S", "not(contains(?, S))"],
    "D": ["D", "< D", ">= D", "[D..D + duration(\"P1M\")]", "not(D)", "? > D", "?.month = N"],
}
VALUES: dict[str, list[object]] = {"N": [0, 1, 4, 7, 12, -3, 2.5, None], "S": ["xaby", "abc", "", "中文a", None], "D": ["2024-01-31"]}


def unary_tests(count: int, seed: int) -> list[tuple[str, object]]:
    """`count` unary tests, each with the value that it is asked about; the same for the same seed."""
    random = Random(seed)

    def grow(kind: str, depth: int) -> str:
        if depth <= 0:
            return random.choice(LEAVES[kind])
        return "".join(_parts(random.choice(GRAMMAR[kind]), lambda inner: grow(inner, depth - random.randint(1, 2))))

    found: list[tuple[str, object]] = []
    for _ in range(count):
        kind = random.choice("NNNSS")
        text = "".join(_parts(random.choice(TESTS[kind]), lambda inner: grow(inner, random.randint(0, 2))))
        found.append((text, random.choice(VALUES[kind])))
    return found


def _parts(rule: str, grow: Callable[[str], str]) -> list[str]:
    """The rule with its capital letters grown."""
    parts = []
    for index, letter in enumerate(rule):
        # The only capitals in a rule that are not for growing are those of a duration.
        literal = rule[:index].count('"') % 2
        parts.append(grow(letter) if letter in GRAMMAR and not literal else letter)
    return parts
