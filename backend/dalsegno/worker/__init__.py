"""Executing runs: which attempt is next, one attempt, and the record of what happened."""
