"""A Lambda runtime of our own: streams responses, finishes work after them, and serves many requests in one loop."""
