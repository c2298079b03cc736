"""The store: runs, their steps and events, on SQLite or Postgres."""
