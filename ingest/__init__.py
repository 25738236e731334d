"""Provider payload -> what was received. Pure: no sockets, no clock, one module per channel."""
