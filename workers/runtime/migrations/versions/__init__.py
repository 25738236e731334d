"""One file per migration, in order; released ones never change."""
