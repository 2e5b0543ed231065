"""A `.form` file read into a Form, with every finding at once. `kinds.KINDS` says what is allowed where."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.forms import checks, properties
from engine.core.forms.kinds import COMMON, FORM, KINDS, OPTIONS, REFUSED, SCHEMA_VERSION, Kind
from engine.core.forms.located import Located, Malformed, child, read_located
from engine.core.forms.model import Component, Form, Json, Option
from engine.core.forms.names import option_text
from engine.core.forms.options import as_option
from engine.core.problems import Problem, Severity, has_errors

SIZE = 1_000_000  # bytes
COMPONENTS = 500
NESTING = 8  # of groups and lists in each other


def read(content: bytes, file: str) -> tuple[Form | None, list[Problem]]:
    """The form in `content` (form-js JSON in UTF-8), or None if it has errors; and all findings. Never raises."""
    if len(content) > SIZE:
        return None, [Problem("form_too_large", file, facts={"size": len(content), "limit": SIZE})]
    try:
        located = read_located(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return None, [Problem("form_not_utf8", file, content.count(b"\n", 0, error.start) + 1)]
    except Malformed as error:
        return None, [Problem(f"form_{error.code}", file, error.line, facts={"line": error.line, "column": error.column})]
    if not isinstance(located.value, dict):
        return None, [Problem("form_not_an_object", file, 1)]
    reading = Reading(file, located)
    form = reading.read_form(located.value)
    problems = sorted(reading.problems, key=lambda problem: problem.line or 0)
    return (None if has_errors(problems) else form), problems


@dataclass
class Reading:
    """One pass over one file: collects problems while it builds the form."""

    file: str
    located: Located
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def problem(self, code: str, pointer: str, element: str | None = None, severity: Severity = "error", /, **facts: object) -> None:
        place = {"pointer": pointer or "/"}
        self.problems.append(Problem(f"form_{code}", self.file, self.located.line(pointer), element, {**place, **facts}, severity))

    def read_form(self, source: dict[str, Json]) -> Form:
        for pointer, line in self.located.duplicates:
            key = pointer.rpartition("/")[2]
            self.problems.append(Problem("form_duplicate_member", self.file, line, None, {"pointer": pointer, "key": key}))
        identifier = source.get("id")
        if not isinstance(identifier, str) or not checks.is_identifier(identifier):
            self.problem("id_missing", "/id", None, id=identifier)
            identifier = ""
        if source.get("type") != "default":
            self.problem("type_not_default", "/type", None, type=source.get("type"))
        version = source.get("schemaVersion", 1)
        if not isinstance(version, int) or version > SCHEMA_VERSION:
            self.problem("newer_schema", "/schemaVersion", None, "warning", version=version, supported=SCHEMA_VERSION)
        for key in source:
            if key not in FORM:
                self.problem("unknown_property", child("", key), None, property=key, type="default")
        components = self.read_components(source.get("components"), "/components", 1)
        if not components and not self.problems:
            self.problem("empty", "/components", None, "warning")
        form = Form(identifier, self.file, components, self.read_version_tag(source))
        checks.check(form, self.problem_at)
        return form

    def read_version_tag(self, source: dict[str, Json]) -> str | None:
        tag = source.get("versionTag")
        if tag is not None and not isinstance(tag, str):
            self.problem("version_tag_invalid", "/versionTag", None, value=tag)
        return tag.strip() or None if isinstance(tag, str) else None

    def problem_at(self, component: Component, code: str, /, **facts: object) -> None:
        self.problems.append(Problem(f"form_{code}", self.file, component.line, component.id, facts))

    def read_components(self, source: Json, pointer: str, depth: int) -> tuple[Component, ...]:
        if not isinstance(source, list):
            self.problem("components_missing", pointer)
            return ()
        if depth > NESTING:
            self.problem("nested_too_deep", pointer, limit=NESTING)
            return ()
        read = (self.read_component(item, child(pointer, index), depth) for index, item in enumerate(source))
        return tuple(component for component in read if component)

    def read_component(self, source: Json, pointer: str, depth: int) -> Component | None:
        self.count += 1
        if self.count == COMPONENTS + 1:
            self.problem("too_many_components", pointer, limit=COMPONENTS)
        if self.count > COMPONENTS:
            return None
        if not isinstance(source, dict):
            self.problem("component_not_an_object", pointer)
            return None
        identifier = source.get("id")
        name = identifier if isinstance(identifier, str) else None
        kind = source.get("type")
        if kind in REFUSED:
            self.problem(f"refused_{kind.lower()}", child(pointer, "type"), name)  # type: ignore[union-attr]
            return None
        if not isinstance(kind, str) or kind not in KINDS:
            self.problem("unknown_type", child(pointer, "type"), name, type=kind)
            return None
        if name is None or not checks.is_identifier(name):
            self.problem("component_id", child(pointer, "id"), name, id=identifier, type=kind)
        return self.build(kind, KINDS[kind], source, pointer, name or "", depth)

    def build(self, kind: str, spec: Kind, source: dict[str, Json], pointer: str, name: str, depth: int) -> Component:
        values = properties.Values(self.problem, kind, name)
        values.read(source, spec.properties, pointer, COMMON)
        settings = dict(values.found)
        if "appearance" in source:
            settings |= values.read_appearance(source["appearance"], spec, child(pointer, "appearance"))
        row, columns = values.read_layout(source.get("layout"), child(pointer, "layout"))
        children: tuple[Component, ...] = ()
        if spec.pathed:
            children = self.read_components(source.get("components"), child(pointer, "components"), depth + 1)
        elif "components" in source:
            self.problem("unknown_property", child(pointer, "components"), name, property="components", type=kind)
        return Component(
            kind=kind,
            id=name,
            line=self.located.line(pointer) or 1,
            path=self.read_path(kind, spec, source, pointer, name),
            settings=settings,
            rules=values.read_rules(source.get("validate", {}), spec, child(pointer, "validate")),
            options=self.read_options(spec, source, pointer, name),
            hide=values.read_condition(source.get("conditional", {}), child(pointer, "conditional")),
            children=children,
            row=row,
            columns=columns,
            properties=values.read_own(source.get("properties", {}), child(pointer, "properties")),
        )

    def read_path(self, kind: str, spec: Kind, source: dict[str, Json], pointer: str, name: str) -> tuple[str, ...]:
        allowed = "key" if spec.keyed else "path" if spec.pathed else None
        for attribute in ("key", "path"):
            if attribute in source and attribute != allowed:
                self.problem("unknown_property", child(pointer, attribute), name, property=attribute, type=kind)
        if allowed is None:
            return ()
        path = source.get(allowed)
        if kind == "group" and path in (None, ""):
            return ()
        if not isinstance(path, str) or not path:
            self.problem(f"{allowed}_missing", pointer, name, type=kind)
            return ()
        if reason := checks.path_fault(path):
            self.problem(reason, child(pointer, allowed), name, key=path)
        return tuple(path.split("."))

    def read_options(self, spec: Kind, source: dict[str, Json], pointer: str, name: str) -> tuple[Option, ...]:
        if not spec.choices:
            if "values" in source:
                self.problem("unknown_property", child(pointer, "values"), name, property="values", type=source["type"])
            return ()
        sources = [key for key in ("values", "valuesKey", "valuesExpression") if key in source]
        if len(sources) != 1 or source[sources[0]] == "":
            self.problem("options_ambiguous" if len(sources) > 1 else "options_missing", pointer, name, sources="、".join(sources))
            return ()
        if sources == ["values"]:
            return self.read_fixed_options(source["values"], child(pointer, "values"), name)
        return ()

    def read_fixed_options(self, source: Json, pointer: str, name: str) -> tuple[Option, ...]:
        if not isinstance(source, list) or not source:
            self.problem("options_missing", pointer, name, sources="values")
            return ()
        if len(source) > OPTIONS:
            self.problem("options_too_many", pointer, name, limit=OPTIONS)
            return ()
        options: dict[str, Option] = {}
        for index, item in enumerate(source):
            option = as_option(item)
            if option is None:
                self.problem("option_invalid", child(pointer, index), name)
            elif option_text(option.value) in options:
                self.problem("option_twice", child(pointer, index), name, value=option_text(option.value))
            else:
                options[option_text(option.value)] = option
        return tuple(options.values())
