"""What the engine costs, measured against bare SpiffWorkflow in the same process run: `zhuqi bench`, `zhuqi bench load`, `zhuqi seed`."""
