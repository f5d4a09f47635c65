"""What an environment writes: the platform's lines and records, and the function's own."""
