"""The domain's interfaces to the world, in the domain's words; no implementations."""
