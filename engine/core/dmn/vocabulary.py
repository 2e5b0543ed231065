"""The names of DMN files: namespaces of the versions, ways to say FEEL, elements that carry logic and elements that are only drawn."""

from __future__ import annotations

from typing import TypeAlias, cast

from lxml import etree

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
FEEL = {
    "feel",
    "http://www.omg.org/spec/feel/20140401",
    "http://www.omg.org/spec/dmn/20180521/feel/",
    "https://www.omg.org/spec/dmn/20191111/feel/",
    "https://www.omg.org/spec/dmn/20211108/feel/",
    "https://www.omg.org/spec/dmn/20230324/feel/",
}
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

LOGIC = frozenset(
    "decisionTable literalExpression invocation context relation list functionDefinition conditional filter for every some".split()
)
# Elements that say something to people or to a drawing tool and nothing to the engine.
SILENT = frozenset(
    "description extensionElements question allowedAnswers authorityRequirement supportedObjective impactedPerformanceIndicator "
    "decisionMaker decisionOwner usingProcess usingTask".split()
)
TOP_LEVEL = frozenset(
    "itemDefinition inputData decision businessKnowledgeModel decisionService import knowledgeSource association textAnnotation "
    "group elementCollection performanceIndicator organizationUnit description extensionElements".split()
)
# Every attribute that DMN 1.1–1.5 gives to any element; one that is none of them is a typing error that would go unnoticed.
ATTRIBUTES = frozenset(
    "id name label href namespace exporter exporterVersion typeLanguage expressionLanguage typeRef isCollection hitPolicy aggregation "
    "preferredOrientation outputLabel kind iteratorVariable locationURI importType associationDirection textFormat type URI outputTypeRef".split()
)
HIT_POLICIES = ("UNIQUE", "ANY", "FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")

_TEXT = frozenset({"text"})
_FUNCTION = LOGIC | {"formalParameter"}
_TYPE = frozenset("typeRef allowedValues typeConstraint itemComponent functionItem".split())
# What may stand inside an element that the engine reads, besides what is silent. Anything else would be lost unnoticed.
CHILDREN: dict[str, frozenset[str]] = {
    "definitions": TOP_LEVEL,
    "decision": LOGIC | {"variable", "informationRequirement", "knowledgeRequirement"},
    "inputData": frozenset({"variable"}),
    "businessKnowledgeModel": frozenset({"variable", "encapsulatedLogic", "knowledgeRequirement"}),
    "decisionService": frozenset({"variable", "outputDecision", "encapsulatedDecision", "inputDecision", "inputData"}),
    "informationRequirement": frozenset({"requiredDecision", "requiredInput"}),
    "knowledgeRequirement": frozenset({"requiredKnowledge"}),
    "itemDefinition": _TYPE,
    "itemComponent": _TYPE,
    "decisionTable": frozenset({"input", "output", "annotation", "rule"}),
    "input": frozenset({"inputExpression", "inputValues"}),
    "output": frozenset({"outputValues", "defaultOutputEntry"}),
    "rule": frozenset({"inputEntry", "outputEntry", "annotationEntry"}),
    **dict.fromkeys("inputExpression inputValues outputValues defaultOutputEntry inputEntry outputEntry annotationEntry".split(), _TEXT),
    **dict.fromkeys(("allowedValues", "typeConstraint"), _TEXT),
    "literalExpression": _TEXT | {"importedValues"},
    "context": frozenset({"contextEntry"}),
    "contextEntry": LOGIC | {"variable"},
    "relation": frozenset({"column", "row"}),
    "row": LOGIC,
    "list": LOGIC,
    "invocation": frozenset({"literalExpression", "binding"}),
    "binding": LOGIC | {"parameter"},
    "encapsulatedLogic": _FUNCTION,
    "functionDefinition": _FUNCTION,
    "conditional": frozenset({"if", "then", "else"}),
    "filter": frozenset({"in", "match"}),
    "for": frozenset({"in", "return"}),
    "every": frozenset({"in", "satisfies"}),
    "some": frozenset({"in", "satisfies"}),
    **dict.fromkeys("if then else in match return satisfies".split(), LOGIC),
    **dict.fromkeys("text typeRef variable parameter formalParameter column annotation".split(), frozenset()),
    **dict.fromkeys("requiredDecision requiredInput requiredKnowledge".split(), frozenset()),
    **dict.fromkeys("outputDecision encapsulatedDecision inputDecision".split(), frozenset()),
}

Element: TypeAlias = etree._Element


def namespace(element: Element) -> str | None:
    return cast("str | None", etree.QName(element).namespace)


def local(element: Element) -> str:
    """The element's name without namespace."""
    return str(etree.QName(element).localname)


def is_feel(language: str | None) -> bool:
    """Absent means FEEL, DMN 1.4 §10.3; case and the many version URIs do not matter."""
    return not language or language.strip().lower() in FEEL
