# List the recipes.
default:
    @just --list

# Every gate that a change has to pass.
check: lint types contracts test coverage

# Run the tests; arguments go to pytest: `just test tests/events -k alb`.
test *arguments:
    pytest {{ arguments }}

# Write the code in the project's format and repair what can be repaired safely.
format:
    ruff check --fix-only .
    ruff format .

# Report style and likely mistakes without changing a file.
lint:
    ruff check .
    ruff format --check .

# Check the types.
types:
    pyright

# Check that imports point one way.
contracts:
    lint-imports

# Show that tests reach every line and branch of what translates requests.
coverage:
    coverage erase
    coverage run -m pytest -n 0 tests/events tests/asgi tests/test_mangum.py
    coverage combine --quiet
    coverage report --include='src/lambdakit/events/*,src/lambdakit/asgi/*' --fail-under=100

# Measure against peers; each program prints its figures. The machine should be idle.
bench:
    for program in benchmarks/*.py; do python "$program" || exit 1; done

# Run the README's first command as a new user does: from a wheel, in an environment of its own.
readme:
    uv run --isolated --no-project --with '.[local]' toolkit invoke-local api GET /items/42

# Show the change notes as the next release will print them.
changes:
    towncrier build --draft --version next

# Run in your own AWS account what only an account can show; without --yes it only says what it would make and cost.
prove-on-aws *arguments:
    uv run -q --group prove python -m proofs {{ arguments }}
