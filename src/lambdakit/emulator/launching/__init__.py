"""How a function is started: its configuration, its place on this machine, its variables and its command."""
