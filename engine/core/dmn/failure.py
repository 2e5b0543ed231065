"""Why a decision gave no result."""

from __future__ import annotations

from engine.texts import text


class DecisionFailed(Exception):
    """A decision cannot be made with these variables: `code` and `facts`; the sentence is `dmn.<code>`.

    Codes: `unknown_decision`, `several_rules_match`, `rules_disagree`, `aggregation_type`, `sum_out_of_range`, `budget_exceeded`,
    `too_deep`; and for a result that is not trusted: `input_…`, `output_…`, `value_…` and `variable_type` or `…_not_allowed`, and
    `value_missing`.
    """

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.sentence())

    def sentence(self, language: str = "zh") -> str:
        """What happened and what to do, in words."""
        return text(f"dmn.{self.code}", language, **self.facts)
