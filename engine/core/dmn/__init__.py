"""Decision tables and decisions: DMN 1.1 to 1.5 files, executed as DMN 1.4 says. `reader.read` then `evaluation.evaluate`."""
