"""The customers of the demo as web pages: what each got, byte for byte, and a way to answer."""
