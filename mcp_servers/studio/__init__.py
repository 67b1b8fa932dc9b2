"""The studio server: all of Onbrand as one MCP server for coding assistants. The service stands behind its port."""

from mcp_servers.studio.desk import CallerOf, Pace
from mcp_servers.studio.http import StudioApplication, application
from mcp_servers.studio.keys import state_key
from mcp_servers.studio.port import Studio
from mcp_servers.studio.server import StudioServer, build

__all__ = ["CallerOf", "Pace", "Studio", "StudioApplication", "StudioServer", "application", "build", "state_key"]
