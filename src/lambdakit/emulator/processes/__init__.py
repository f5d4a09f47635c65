"""Process families that can be frozen, limited and killed whole, also when the emulator itself is killed."""
