"""The one way XML enters the system: no entities, no DOCTYPE, no network, bounded in size and depth.

Diagrams and decision tables come from people's tools and from strangers; whatever arrives, the answer is a tree or a list of
problems, never an exception. Source: XML 1.0; the dangers are entity expansion, external entities and depth.
"""

from __future__ import annotations

import re

from lxml import etree

from engine.core.problems import Problem

MAX_BYTES = 10_000_000  # the largest public diagram we met has 1.3 MB
_FIRST_MARKUP = re.compile(rb"<(?:!DOCTYPE|[A-Za-z_\x80-\xff])")


def parse(content: bytes, file: str, *, keep_comments: bool = False) -> tuple[etree._Element | None, list[Problem]]:
    """The root element of `content`, or None and the reason. Comments and processing instructions are gone, unless kept for rewriting.

    Problems: `xml_empty`, `xml_too_large`, `xml_doctype`, `xml_malformed` (with the line). Depth is bounded at 256 by libxml2.
    """
    if not content.strip():
        return None, [Problem("xml_empty", file)]
    if len(content) > MAX_BYTES:
        return None, [Problem("xml_too_large", file, facts={"megabytes": len(content) // 1_000_000, "limit": MAX_BYTES // 1_000_000})]
    if _begins_with_doctype(content):
        return None, [Problem("xml_doctype", file)]
    try:
        root = etree.fromstring(content, _parser(keep_comments))
    except etree.XMLSyntaxError as error:
        line = error.lineno or None
        return None, [Problem("xml_malformed", file, line, facts={"reason": error.msg or "?"})]
    except (ValueError, LookupError) as error:
        return None, [Problem("xml_malformed", file, facts={"reason": str(error)})]
    # A comment before the DOCTYPE, or an encoding we cannot peek into, gets past the first look.
    if root.getroottree().docinfo.doctype:
        return None, [Problem("xml_doctype", file)]
    return root, []


def _begins_with_doctype(content: bytes) -> bool:
    # Dropping the NULs makes UTF-16 and UTF-32 readable enough for this one question.
    first = _FIRST_MARKUP.search(content[:65_536].replace(b"\x00", b""))
    return first is not None and first.group() == b"<!DOCTYPE"


def _parser(keep_comments: bool) -> etree.XMLParser:
    """A fresh parser per document: lxml parsers are not shared between threads without a lock."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=not keep_comments,
        remove_pis=not keep_comments,
        collect_ids=False,
    )
