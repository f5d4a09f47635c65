"""Where the managed Python runtime looks for modules."""

import sys
from pathlib import Path

from lambdakit import settings


def restore_search_path() -> None:
    """Put Lambda's folders first: the code, layers, the runtime's own; each once, and only those that exist.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
    """
    root = settings.task_root() or str(Path.cwd())
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [root, f"/opt/python/lib/{version}/site-packages", "/opt/python", "/var/runtime"]
    first = [folder for folder in folders if Path(folder).is_dir()]
    rest = [entry for entry in sys.path if entry and entry not in first]
    sys.path[:] = [*first, *rest]
