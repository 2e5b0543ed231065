"""Which components and properties of form-js 1.23 are supported, and how each property is read: the reader's only rule book.

`docs/forms.md` says the same in words; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Property:
    """How one property is read.

    `check`: template · feel · flag · flag_formula · integer · integer_formula · number · number_formula · text · choice ·
    any · ignored (has no bearing on values or on what we draw).
    """

    check: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


TEMPLATE = Property("template")
FEEL = Property("feel")
FLAG = Property("flag")
FLAG_FORMULA = Property("flag_formula")
IGNORED = Property("ignored")


@dataclass(frozen=True)
class Kind:
    """One component type. `keyed`: it has a value under its key; `pathed`: its path prefixes the keys inside it."""

    properties: Mapping[str, Property] = field(default_factory=dict)
    rules: Mapping[str, Property] = field(default_factory=dict)  # members of "validate"
    keyed: bool = False
    pathed: bool = False
    adorned: bool = False  # has appearance.prefixAdorner and suffixAdorner
    choices: bool = False  # has values, valuesKey or valuesExpression


_FIELD = {"label": TEMPLATE, "description": TEMPLATE, "readonly": FLAG_FORMULA, "disabled": FLAG_FORMULA, "defaultValue": Property("any")}
_CHOICES = {"valuesKey": Property("text"), "valuesExpression": FEEL}
_LENGTHS = {"minLength": Property("integer_formula", low=0), "maxLength": Property("integer_formula", low=0)}
_REQUIRED = {"required": FLAG}
_CONTAINER = {
    "label": TEMPLATE,
    "showOutline": FLAG,
    "verticalAlignment": Property("choice", ("start", "center", "end")),
}

KINDS: dict[str, Kind] = {
    "textfield": Kind(
        _FIELD,
        _REQUIRED
        | _LENGTHS
        | {
            "pattern": Property("pattern"),
            "patternErrorMessage": Property("text"),
            "validationType": Property("choice", ("email", "phone", "custom", "")),
        },
        keyed=True,
        adorned=True,
    ),
    "textarea": Kind(_FIELD, _REQUIRED | _LENGTHS, keyed=True),
    "number": Kind(
        _FIELD
        | {
            "decimalDigits": Property("integer", low=0, high=100),
            "increment": Property("number", low=0),
            "serializeToString": FLAG,
        },
        _REQUIRED | {"min": Property("number_formula"), "max": Property("number_formula")},
        keyed=True,
        adorned=True,
    ),
    "datetime": Kind(
        _FIELD
        | {
            "subtype": Property("choice", ("date", "time", "datetime")),
            "dateLabel": TEMPLATE,
            "timeLabel": TEMPLATE,
            "use24h": IGNORED,  # native inputs follow the reader's own setting
            "timeInterval": Property("integer", low=1, high=60),
            "timeSerializingFormat": Property("choice", ("utc_offset", "utc_normalized", "no_timezone")),
            "disallowPassedDates": FLAG,
        },
        _REQUIRED,
        keyed=True,
    ),
    "checkbox": Kind(_FIELD, _REQUIRED, keyed=True),
    "radio": Kind(_FIELD | _CHOICES, _REQUIRED, keyed=True, choices=True),
    "select": Kind(_FIELD | _CHOICES | {"searchable": IGNORED}, _REQUIRED, keyed=True, choices=True),
    "checklist": Kind(_FIELD | _CHOICES, _REQUIRED, keyed=True, choices=True),
    "taglist": Kind(_FIELD | _CHOICES, _REQUIRED, keyed=True, choices=True),
    "filepicker": Kind(
        {
            "label": TEMPLATE,
            "description": TEMPLATE,
            "readonly": FLAG_FORMULA,
            "disabled": FLAG_FORMULA,
            "accept": TEMPLATE,
            "multiple": FLAG_FORMULA,
        },
        _REQUIRED,
        keyed=True,
    ),
    "expression": Kind({"expression": FEEL, "computeOn": Property("choice", ("change", "presubmit"))}, keyed=True),
    "group": Kind(_CONTAINER, pathed=True),
    "dynamiclist": Kind(
        _CONTAINER
        | {
            "isRepeating": FLAG,
            "defaultRepetitions": Property("integer", low=0, high=50),
            "allowAddRemove": FLAG,
            "disableCollapse": FLAG,
            "nonCollapsedItems": Property("integer", low=1),
        },
        pathed=True,
    ),
    "text": Kind({"text": TEMPLATE}),
    "table": Kind(
        {
            "label": TEMPLATE,
            "dataSource": FEEL,
            "columnsExpression": FEEL,
            "columns": Property("columns"),
            "rowCount": Property("integer", low=1),
        }
    ),
    "image": Kind({"source": TEMPLATE, "alt": TEMPLATE}),
    "spacer": Kind({"height": Property("number", low=0)}),
    "separator": Kind(),
    "button": Kind({"label": TEMPLATE, "action": Property("choice", ("submit", "reset"))}),
}
REFUSED = ("html", "iframe", "documentPreview")  # each with its reason in the catalogue: problem.form_refused_<type>
COMMON = ("type", "id", "key", "path", "conditional", "layout", "properties", "validate", "values", "components", "appearance")
FORM = ("type", "id", "components", "schemaVersion", "executionPlatform", "executionPlatformVersion", "exporter", "versionTag", "properties")
SCHEMA_VERSION = 19  # the newest that form-js 1.23 writes
TEXTS = ("textfield", "textarea")
MANY = ("checklist", "taglist")
OPTIONS = 2_000  # choices of one field: that a form itself may list, and that a page shows at once
