"""The history of the tables, as Alembic revisions. `HEAD` lets an up-to-date database open without Alembic."""

HEAD = "0004"
"""The newest revision; a test compares it with the scripts."""
