"""What a pipeline is, as data: frozen descriptions that every other part may import."""
