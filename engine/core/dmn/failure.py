"""Why a decision gave no result."""

from __future__ import annotations

from engine.texts import text


class DecisionFailed(Exception):
    """A decision cannot be made with these variables: `code` and `facts`; the sentence is `dmn.<code>`.

    Codes: `unknown_decision`, `several_rules_match`, `rules_disagree`, `input_type`, `input_not_allowed`, `output_type`,
    `output_not_allowed`, `variable_type`, `aggregation_type`, `budget_exceeded`, `too_deep`.
    """

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.sentence())

    def sentence(self, language: str = "zh") -> str:
        """What happened and what to do, in words."""
        return text(f"dmn.{self.code}", language, **self.facts)
