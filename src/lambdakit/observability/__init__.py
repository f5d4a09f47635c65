"""Structured logs, metrics and traces, the same under every host."""
