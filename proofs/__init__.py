"""Runs on a real AWS account what only a real account can show, and records it: `just prove-on-aws`."""
