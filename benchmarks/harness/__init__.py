"""What the benchmarks share: the functions under measure, a Runtime API of the least cost, and reports."""
