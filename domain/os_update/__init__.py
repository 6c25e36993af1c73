"""An OS release: its manifest, its patches, its installation in a slot."""
