"""What an environment does around its life: before and after a snapshot, and when it ends."""
