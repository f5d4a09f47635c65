"""The functions of the reference service: one module each, as the declaration in pyproject.toml names them."""
