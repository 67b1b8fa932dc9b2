"""The judges server: contract, typed client and shell."""
