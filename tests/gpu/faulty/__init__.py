"""Parts of a check that end early."""
