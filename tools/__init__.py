"""What the system can do, as plain Python on arrays and models: no LangGraph, no MCP, no web, no storage."""
