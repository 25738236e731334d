"""WhatsApp, outbound: one module per provider."""
