"""Scripts: FEEL stays, JUEL and single expressions of Groovy or JavaScript become FEEL, programs are for a person."""

from __future__ import annotations

import re

from engine.core.bpmn.names import RESERVED_NAMES, is_variable
from engine.core.bpmn.reading import feel_problem
from engine.core.bpmn.vocabulary import BPMN, Element, bpmn_children
from engine.core.importing import juel, layout
from engine.core.importing.draft import Draft, content
from engine.core.importing.pieces import NotConvertible
from engine.core.importing.templates import formula, has_expression, value

_EXPRESSIONS = frozenset({"groovy", "javascript", "ecmascript", "js", "text/javascript", "application/javascript", "graal.js", "nashorn"})
_FEEL = frozenset({"feel", "feel-scala", "feel-script", "text/feel", "http://www.omg.org/spec/dmn/20151101/feel"})
_SETS = re.compile(r"""execution\.setVariable\(\s*(["'])(?P<name>\w{1,100})\1\s*,\s*(?P<value>.+)\)""", re.DOTALL)


def script_expression(language: str, text: str, resource: str | None = None) -> str:
    """The FEEL, without `=`, of a script that is a single expression. Raises NotConvertible."""
    kind = language.strip().lower()
    if resource:
        raise NotConvertible("resource", resource=resource)
    if kind in _FEEL:
        feel = text.strip().removeprefix("=").strip()
        problem = feel_problem("=" + feel)
        if problem is not None:
            raise NotConvertible("no_feel", feel=feel)
        return feel
    if kind in ("juel", "") and has_expression(text):
        return value(text.strip())
    if kind not in _EXPRESSIONS:
        raise NotConvertible("language", language=language or "—")
    line = text.strip().removeprefix("return ").rstrip("; \n\t")
    return juel.expression(line, script=True)


def convert_script_task(draft: Draft, task: Element) -> str | None:
    """`zeebe:script`; returns the result variable. A script that stays is refused at deployment until a person has replaced it."""
    scripts = bpmn_children(task, "script")
    resource = draft.get(task, "resource")
    if not scripts and not resource:
        return None
    text = content(scripts[0]) if scripts else ""
    result = draft.get(task, "resultVariable")
    language = (task.get("scriptFormat") or "").strip()
    sets = _SETS.fullmatch(text.strip().rstrip("; \n\t"))
    if sets and result is None and language.lower() in _EXPRESSIONS:
        result, text = sets["name"], sets["value"]
    try:
        feel = script_expression(language, text, resource)
        if result is None:
            raise NotConvertible("no_result")
        if not is_variable(result) or result in RESERVED_NAMES:
            raise NotConvertible("name", name=result)
    except NotConvertible as reason:
        draft.undecided(task, f"{language or 'script'}: {text or resource}", reason)
        draft.keep(task, "resultVariable", "resource", "autoStoreVariables")
        return None
    draft.put(task, "script", expression=f"={feel}", resultVariable=result)
    draft.became(task, f"{language}: {text}", f"script ={feel} → {result}")
    draft.remove_attribute(task, "resultVariable", "autoStoreVariables")
    task.attrib.pop("scriptFormat", None)
    for script in scripts:
        layout.remove(script)
    return result


def as_script_task(draft: Draft, task: Element, name: str) -> bool:
    """A service task that only evaluates an expression is a script task here; False if it does more than that."""
    text, result = draft.get(task, name), draft.get(task, "resultVariable") or draft.get(task, "resultVariableName")
    if text is None or result is None or not is_variable(result) or result in RESERVED_NAMES:
        return False
    try:
        feel = formula(text)
    except NotConvertible:
        return False
    if not feel.startswith("="):
        return False
    draft.say("converted", "script_task", task, old=text, new=feel, result=result)
    draft.remove_attribute(task, name, "resultVariable", "resultVariableName")
    task.attrib.pop("implementation", None)
    task.attrib.pop("operationRef", None)
    task.tag = f"{{{BPMN}}}scriptTask"
    draft.put(task, "script", expression=feel, resultVariable=result)
    return True
