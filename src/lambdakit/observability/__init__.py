"""What logs have to know, whichever host runs the handler."""
