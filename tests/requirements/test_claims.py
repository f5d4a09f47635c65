import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
REQUIREMENTS = tomllib.loads((TESTS / "requirements/requirements.toml").read_text(encoding="utf-8"))["requirement"]


def claimed_ids() -> Iterator[str]:
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
                yield from (ast.literal_eval(argument) for argument in node.args)


def test_every_requirement_is_claimed_by_a_test_and_every_claim_has_a_requirement() -> None:
    assert set(claimed_ids()) == {requirement["id"] for requirement in REQUIREMENTS}


def test_every_requirement_has_an_id_of_its_own_a_sentence_and_a_source() -> None:
    ids = [requirement["id"] for requirement in REQUIREMENTS]

    assert len(set(ids)) == len(ids)
    for requirement in REQUIREMENTS:
        assert requirement["sentence"].endswith(".")
        assert requirement["source"]
