"""The Runtime API and the Extensions API of one runtime, and what goes through them."""
