from pathlib import Path

from lambdakit.project import find


def declare(folder: Path, text: str = "[tool.lambdakit]\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_the_nearest_declaration_above_is_found(tmp_path: Path) -> None:
    declare(tmp_path)
    nearest = declare(tmp_path / "service")
    (tmp_path / "service" / "src" / "shop").mkdir(parents=True)

    assert find(tmp_path / "service" / "src" / "shop") == nearest


def test_a_pyproject_that_declares_nothing_is_passed_over(tmp_path: Path) -> None:
    outer = declare(tmp_path)
    declare(tmp_path / "library", '[tool.lambda]\nlambdakit = "no"\n')

    assert find(tmp_path / "library") == outer


def test_a_pyproject_that_cannot_be_parsed_is_found(tmp_path: Path) -> None:
    declare(tmp_path)
    broken = declare(tmp_path / "service", "[tool.lambdakit\n")

    assert find(tmp_path / "service") == broken


def test_nothing_is_found_where_nothing_is_declared(tmp_path: Path) -> None:
    assert find(tmp_path) is None
