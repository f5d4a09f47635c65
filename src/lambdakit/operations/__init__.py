"""What a command does beyond one call: it keeps and reads the logs of local runs."""
