"""The laws of docs/security.md, each tested by the attack that it prevents."""
