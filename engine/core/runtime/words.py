"""Incidents and refusals of the runtime in people's words."""

from __future__ import annotations

from collections.abc import Mapping

from engine.texts import text

_ELSEWHERE = ("dmn.", "calendar.")  # codes whose sentences belong to the decisions and the calendar


def incident_sentence(code: str, facts: Mapping[str, object], language: str = "zh") -> str:
    """What went wrong at an element, and what to do."""
    return text(code if code.startswith(_ELSEWHERE) else f"incident.{code}", language, **facts)


def refusal_sentence(code: str, facts: Mapping[str, object], language: str = "zh") -> str:
    """Why a stimulus did not fit the instance."""
    return text(f"refused.{code}", language, **facts)
