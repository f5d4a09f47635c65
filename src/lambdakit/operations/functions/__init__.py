"""A function that somebody names: where it is declared, how it is set up to run here, and what it would cost."""
