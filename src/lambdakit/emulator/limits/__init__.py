"""What a function's memory size entitles it to: memory and a share of a processor."""
