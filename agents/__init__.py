"""One module per stage: what it is told, which tools it may call, how its answer is read. No wiring, no storage."""
