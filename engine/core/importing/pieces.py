"""Pieces of FEEL while they are put together: each knows how tightly it binds, so that brackets stand where they must."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.bpmn.names import RESERVED_NAMES, is_variable

IF, OR, AND, COMPARISON, ADDITION, MULTIPLICATION, SIGN, PATH = range(8)
# Numbers about the items of a multi-instance activity that the engines name differently.
_RENAMED = {f"nrOf{name}": f"numberOf{name}" for name in ("Instances", "ActiveInstances", "CompletedInstances")}
# Objects of the old engine that an expression could reach; as variables they would silently be null.
_OBJECTS = frozenset(
    "task externalTask caseExecution connector authenticatedUserId runtimeService taskService historyService identityService"
    " repositoryService managementService formService decisionService request response event".split()
)


class NotConvertible(Exception):
    """An expression that cannot be said in FEEL, or not for certain; the reason is `import.reason.<code>`."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


@dataclass(frozen=True)
class Piece:
    """`opposite` is the FEEL of its negation where that is simpler than `!= true`; `literal` the value of a fixed text."""

    text: str
    level: int
    is_text: bool = False
    literal: str | None = None
    opposite: str | None = None
    is_execution: bool = False  # JUEL's `execution`: something to call, not a value

    def within(self, level: int) -> str:
        """The text as an operand that must bind at least as tightly as `level`."""
        return self.final() if self.level >= level else f"({self.final()})"

    def final(self) -> str:
        if self.is_execution:
            raise NotConvertible("object", name="execution")
        return self.text

    def as_text(self) -> Piece:
        if self.is_text:
            return self
        return Piece(f"string({self.final()})", PATH, is_text=True)


def variable(name: str) -> Piece:
    """A process variable, or one of the few names with a meaning of their own. Raises NotConvertible."""
    if name == "execution":
        return Piece(name, PATH, is_execution=True)
    if name == "loopCounter":
        return Piece("loopCounter - 1", ADDITION)  # theirs begins at 0
    if name in _RENAMED:
        return Piece(_RENAMED[name], PATH)
    if name in _OBJECTS:
        raise NotConvertible("object", name=name)
    if not is_variable(name) or name in RESERVED_NAMES:
        raise NotConvertible("name", name=name)
    return Piece(name, PATH)


def quoted(text: str) -> str:
    """A FEEL string literal."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'
