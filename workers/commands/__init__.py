"""The commands of `trombone`, by who types them."""
