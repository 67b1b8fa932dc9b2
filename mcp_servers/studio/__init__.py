"""The studio server: all of Onbrand as one MCP server for coding assistants. The service stands behind its port."""
