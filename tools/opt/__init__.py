"""The parts of `opt-tool`: pipelines, running passes, diagnostics, numeric checks."""
