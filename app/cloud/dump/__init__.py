"""Import of a dump of the existing cloud: Django's `dumpdata` as JSON."""
