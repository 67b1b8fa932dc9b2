"""The assets server: contract, typed client and shell."""
