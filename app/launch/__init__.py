"""The launcher of `pythings` in a checkout: prepares `.venv`; needs nothing but Python."""
