"""What is kept: database, artifacts, asset library, brand books, market packs, ledger, traces and checkpoints.

Implements ports of `domain`; knows no tool and no agent. `memory.checkpoints` is not imported here: it needs LangGraph.
"""

from memory.artifacts import DirectoryStore
from memory.chats import ChatFiles
from memory.database import Database, open_database
from memory.effects import Approval, Effect, Effects, PublishedFile
from memory.home import Home
from memory.idempotency import Idempotency, Stored
from memory.inbox import Inbox, Letter
from memory.keys import Key, Keys
from memory.leases import Lease, this_worker
from memory.ledger import Ledger, Reservation
from memory.metering import Metering
from memory.runs import RunRow, RunTable, new_run_id
from memory.traces import TraceWriter
from memory.usage import usage

__all__ = [
    "Approval",
    "ChatFiles",
    "Database",
    "DirectoryStore",
    "Effect",
    "Effects",
    "Home",
    "Idempotency",
    "Inbox",
    "Key",
    "Keys",
    "Lease",
    "Ledger",
    "Letter",
    "Metering",
    "PublishedFile",
    "Reservation",
    "RunRow",
    "RunTable",
    "Stored",
    "TraceWriter",
    "new_run_id",
    "open_database",
    "this_worker",
    "usage",
]
