"""Rollouts: a version for a share of a pool first, for all of it once enough Things confirmed."""
