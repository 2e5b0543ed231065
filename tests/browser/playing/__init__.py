"""Scenarios of process owners played by people before real pages: `town` they live in, `filling` of forms, the `play` itself."""
