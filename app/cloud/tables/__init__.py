"""The tables of the local cloud's database, one module and one class each."""
