"""The fixtures."""
