"""SMS and MMS, one module per provider."""
