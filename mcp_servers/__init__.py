"""Thin MCP shells around tools and memory, each with its contract and a typed client.

A shell turns digests into arrays and back; it decides nothing. Agents import clients and contracts, never shells.
"""
