"""
The other side of `workers.runtime.decoding`: the fork server and its children.

Apart from it, because every fork copies what the server has imported: only what a child needs is here.
"""
