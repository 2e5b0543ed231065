"""The signs of BPMN as SVG paths: event triggers, task types, gateway marks and activity markers. Source: BPMN 2.0.2 §10, §12.

Event and gateway signs are drawn in a 36 × 36 box around the centre (18, 18), task signs in 20 × 20, markers in 14 × 14.
"""

from __future__ import annotations

# Outlined when caught, filled when thrown.
EVENT: dict[str, str] = {
    "message": "M9 12h18v12H9zM9 12l9 7 9-7",
    "timer": "M18 8.5a9.5 9.5 0 1 1 0 19a9.5 9.5 0 1 1 0-19zM18 11.5V18l4.5 2.5M18 8.5v2M18 25.5v2M8.5 18h2M25.5 18h2",
    "signal": "M18 9.5l8.5 14.5h-17z",
    "error": "M9.5 26l4.5-14.5 6.5 7L26.5 10 22 25l-6.5-7.5z",
    "escalation": "M18 9l7.5 17L18 18.5 10.5 26z",
    "conditional": "M11 9.5h14v17H11zM13.5 13h9M13.5 16.5h9M13.5 20h9M13.5 23.5h9",
    "link": "M9 14.5h10v-4l9 7.5-9 7.5v-4H9z",
    "compensation": "M18 12v12l-8.5-6zM27 12v12l-8.5-6z",
    "cancel": "M10 12l2-2 6 6 6-6 2 2-6 6 6 6-2 2-6-6-6 6-2-2 6-6z",
    "terminate": "M18 9a9 9 0 1 1 0 18a9 9 0 1 1 0-18z",
    "multiple": "M18 9l9 6.5-3.5 10.5h-11L9 15.5z",
    "parallelMultiple": "M15.5 9.5h5v6h6v5h-6v6h-5v-6h-6v-5h6z",
}
ALWAYS_FILLED = frozenset({"terminate"})

TASK: dict[str, str] = {
    "userTask": "M10 2.5a4 4 0 1 1 0 8a4 4 0 1 1 0-8zM2.5 18.5v-2.5c0-3 2.5-5 5-5.5h5c2.5.5 5 2.5 5 5.5v2.5z",
    "manualTask": "M2.5 9.5l5-4.5h4.5c1.5 0 1.5 2 0 2H9.5M9.5 7h7.5c1.5 0 1.5 2.2 0 2.2h-6M12 9.2h6c1.5 0 1.5 2.2 0 2.2h-6"
    "M12 11.4h5c1.5 0 1.5 2.2 0 2.2h-5M12 13.6h3.5c1.5 0 1.5 2.2 0 2.2H7l-4.5-1.5z",
    "serviceTask": "M8.7 2h2.6l.5 2.3 1.9.8 2-1.3 1.8 1.8-1.3 2 .8 1.9 2.3.5v2.6l-2.3.5-.8 1.9 1.3 2-1.8 1.8-2-1.3-1.9.8-.5 2.3"
    "H8.7l-.5-2.3-1.9-.8-2 1.3-1.8-1.8 1.3-2-.8-1.9L.7 12.6V10l2.3-.5.8-1.9-1.3-2 1.8-1.8 2 1.3 1.9-.8z"
    "M10 7.8a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7z",
    "scriptTask": "M6.5 2h10c-3 3.5-3 5 0 8s2.5 5 0 8h-11c2.5-3 3-5 0-8s-2.5-4.5 1-8zM6 5.5h6.5M6 9h7M8 12h7M8 15h6.5",
    "sendTask": "M1.5 4h17v12h-17zM1.5 4l8.5 6.5L18.5 4",
    "receiveTask": "M1.5 4h17v12h-17zM1.5 4l8.5 6.5L18.5 4",
    "businessRuleTask": "M1.5 3.5h17v13h-17zM1.5 7.5h17M1.5 12h17M7 7.5v9",
}
FILLED_TASKS = frozenset({"sendTask"})

GATEWAY: dict[str, str] = {
    "exclusiveGateway": "M12 11.5l12 13M24 11.5l-12 13",
    "parallelGateway": "M18 9v18M9 18h18",
    "inclusiveGateway": "M18 9.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 1 1 0-17z",
    "complexGateway": "M18 9v18M9 18h18M11.5 11.5l13 13M24.5 11.5l-13 13",
    "eventBasedGateway": "M18 7a11 11 0 1 1 0 22a11 11 0 1 1 0-22zM18 9.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 1 1 0-17z"
    "M18 13l5 3.6-1.9 5.9h-6.2L13 16.6z",
    "instantiatingGateway": "M18 8.5a9.5 9.5 0 1 1 0 19a9.5 9.5 0 1 1 0-19zM18 13l5 3.6-1.9 5.9h-6.2L13 16.6z",
    "instantiatingParallelGateway": "M18 8.5a9.5 9.5 0 1 1 0 19a9.5 9.5 0 1 1 0-19zM16 12h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
}

MARKER: dict[str, str] = {
    "parallel": "M3 1.5v11M7 1.5v11M11 1.5v11",
    "sequential": "M1.5 3h11M1.5 7h11M1.5 11h11",
    "loop": "M4 12.5a5.5 5.5 0 1 1 5 .3M4.5 8.5v4h-4",
    "collapsed": "M.5.5h13v13H.5zM7 3v8M3 7h8",
    "adHoc": "M1 8.5c2-4 4-4 6-1.5s4 2.5 6-1.5",
    "compensation": "M7 3v8L1 7zM13 3v8L7 7z",
}
DATA: dict[str, str] = {
    "dataObjectReference": "M2 2h22l10 10v36H2zM24 2v10h10",  # in 36 × 50
    "dataStoreReference": "M2 9c0-9 46-9 46 0v32c0 9-46 9-46 0zM2 9c0 9 46 9 46 0M2 14c0 9 46 9 46 0M2 19c0 9 46 9 46 0",  # in 50 × 50
}
DATA_BOX = {"dataObjectReference": (36.0, 50.0), "dataStoreReference": (50.0, 50.0)}
