"""The service: GraphQL over HTTP and WebSocket, on stored snapshots and runs; it never loads authors' code."""
