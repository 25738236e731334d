"""`trombone demo`: the main job on one machine, checked while it runs."""
