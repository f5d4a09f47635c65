"""A pytest plugin that runs functions in local Lambda environments."""
