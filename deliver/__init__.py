"""What to send -> provider calls -> receipt. No sockets of its own: the client is handed in."""
