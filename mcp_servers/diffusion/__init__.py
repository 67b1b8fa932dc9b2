"""The diffusion server: contract, typed client and shell."""
