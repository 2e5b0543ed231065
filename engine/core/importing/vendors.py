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
LENIENT = frozenset({FLOWABLE, ACTIVITI})
ALL = frozenset(VENDORS) | DESIGN
MODELER = "http://camunda.org/schema/modeler/1.0"

# Attributes and elements that need no counterpart here → why, as a key of `import.why`.
NOT_NEEDED: Mapping[str, str] = {
    **dict.fromkeys(words("async asyncBefore asyncAfter asyncLeave asyncComplete completeAsync exclusive"), "transactions"),
    "parallelInSameTransaction": "transactions",
    **dict.fromkeys(words("jobPriority taskPriority jobCategory jobTopic"), "job_order"),
    **dict.fromkeys(words("failedJobRetryTimeCycle incrementalIntervals"), "retry_interval"),
    **dict.fromkeys(words("isStartableInTasklist formFieldValidation validateFormFields"), "built_in"),
    **dict.fromkeys(words("variableName variableEvents"), "conditions"),
    **dict.fromkeys(words("diagramRelationId modelerTemplate modelerTemplateVersion modelerTemplateIcon resourceKey category"), "tool"),
    **dict.fromkeys(words("eagerExecutionFetch fallbackToDefaultTenant taskIdVariableName localScope"), "tool"),
    **dict.fromkeys(words("decisionRefTenantId calledElementTenantId caseTenantId"), "tool"),
    # Shown in the editors of applications built on Flowable, beside the assignee or candidates that count.
    **dict.fromkeys(words("dataType text userType multiLoopType isSequential"), "tool"),
}
# What stays in the file for a person to decide → the key of the advice, `import.decide.<key>`.
ADVICE: Mapping[str, str] = {
    **dict.fromkeys(words("executionListener taskListener eventListener transactionListener"), "listener"),
    "connector": "connector",
    "skipExpression": "skip_expression",
    **dict.fromkeys(words("errorCodeVariable errorMessageVariable escalationCodeVariable errorVariableName"), "event_variable"),
    "candidateStarterUsers": "starter_users",
    **dict.fromkeys(words("variableMappingClass variableMappingDelegateExpression"), "variable_mapping"),
    **dict.fromkeys(words("caseRef caseBinding caseVersion"), "case"),
    "businessCalendarName": "business_calendar",
    "triggerable": "triggerable",
    **dict.fromkeys(words("errorEventDefinition mapException"), "external_error"),
    **dict.fromkeys(words("eventType eventName channelKey triggerEventType"), "event_registry"),
    **dict.fromkeys(words("eventInParameter eventOutParameter eventCorrelationParameter"), "event_registry"),
    "variableAggregation": "aggregation",
    **dict.fromkeys(words("terminateAll terminateMultiInstance"), "terminate_all"),
    "scope": "signal_scope",
}
