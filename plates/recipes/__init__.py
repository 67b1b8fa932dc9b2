"""One file per group of scene families. A recipe builds geometry and lights, and returns a `Scene`."""
