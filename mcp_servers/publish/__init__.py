"""The publish server: contract, typed client and shell."""
