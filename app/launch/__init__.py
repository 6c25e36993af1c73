"""What `pythings` does in a checkout before the command runs; needs nothing but Python."""
