"""The only link between workers: versioned events, their schemas, their codec and the layout of object keys."""
