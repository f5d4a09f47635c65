"""Text that must not steer the terminal it is printed on."""


def make_visible(line: str) -> str:
    """Return a line with everything that is not printable, apart from tabs, written as its code."""
    return "".join(each if each.isprintable() or each == "\t" else f"\\x{ord(each):02x}" for each in line)
