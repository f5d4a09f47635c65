"""One start of a runtime: its processes, what becomes of them, and how its end is told."""
