"""Instagram, outbound: one module per provider."""
