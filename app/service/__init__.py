"""`pythings service`: this machine as a Thing, as a service of systemd."""
