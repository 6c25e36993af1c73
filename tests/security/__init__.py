"""The laws of docs/security.md, each with the attack that it is against."""
