"""Everything that a function writes, on its way to Lambda's log: whole records that no input can forge."""
