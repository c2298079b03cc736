"""Runs of a service, on the command line."""
