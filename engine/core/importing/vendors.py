"""The names that Camunda 7 (and its fork Operaton), Flowable and Activiti write into BPMN files beside the standard's own.

All descend from Activiti 5, so the same local name means the same thing in each namespace.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.bpmn.vocabulary import words

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
FLOWABLE = "http://flowable.org/bpmn"
ACTIVITI = "http://activiti.org/bpmn"
OPERATON = "http://operaton.org/schema/1.0/bpmn"
VENDORS: Mapping[str, str] = {CAMUNDA: "camunda", OPERATON: "operaton", FLOWABLE: "flowable", ACTIVITI: "activiti"}
# What the design tools of these engines note for themselves.
DESIGN = frozenset(
    {
        "http://flowable.org/design", "http://flowable.org/modeler", "http://www.activiti.com/modeler", "http://activiti.com/modeler",
        "http://camunda.org/schema/1.0/diagram",
    }
)  # fmt: skip
ALL = frozenset(VENDORS) | DESIGN
MODELER = "http://camunda.org/schema/modeler/1.0"

# Attributes and elements that need no counterpart here → why, as a key of `import.why`.
NOT_NEEDED: Mapping[str, str] = {
    **dict.fromkeys("async asyncBefore asyncAfter asyncLeave exclusive asyncComplete completeAsync parallelInSameTransaction".split(), "transactions"),
    **dict.fromkeys("jobPriority taskPriority jobCategory jobTopic".split(), "job_order"),
    "failedJobRetryTimeCycle": "retry_interval",
    "incrementalIntervals": "retry_interval",
    **dict.fromkeys("isStartableInTasklist formFieldValidation validateFormFields".split(), "built_in"),
    **dict.fromkeys("variableName variableEvents".split(), "conditions"),
    **dict.fromkeys(
        "diagramRelationId modelerTemplate modelerTemplateVersion modelerTemplateIcon resourceKey eagerExecutionFetch fallbackToDefaultTenant"
        " decisionRefTenantId calledElementTenantId caseTenantId taskIdVariableName category localScope".split(),
        "tool",
    ),
}
# What stays in the file for a person to decide → the key of the advice, `import.decide.<key>`.
ADVICE: Mapping[str, str] = {
    **dict.fromkeys(words("executionListener taskListener eventListener transactionListener"), "listener"),
    "connector": "connector",
    "skipExpression": "skip_expression",
    **dict.fromkeys(words("errorCodeVariable errorMessageVariable escalationCodeVariable errorVariableName"), "event_variable"),
    "candidateStarterUsers": "starter_users",
    "variableMappingClass": "variable_mapping",
    "variableMappingDelegateExpression": "variable_mapping",
    **dict.fromkeys(words("caseRef caseBinding caseVersion"), "case"),
    "businessCalendarName": "business_calendar",
    "triggerable": "triggerable",
    "errorEventDefinition": "external_error",
    "mapException": "external_error",
    **dict.fromkeys(words("eventType eventName eventInParameter eventOutParameter eventCorrelationParameter channelKey triggerEventType"), "event_registry"),
    "variableAggregation": "aggregation",
    **dict.fromkeys(words("terminateAll terminateMultiInstance"), "terminate_all"),
    "scope": "signal_scope",
}
