"""The workers of the pipeline: one story a file. Connections, acks, retries and logs live in `workers.runtime`."""
