"""The console: the web page from which owners program Things, in the cloud's process.

Its views query `fleet` only, never the tables. Strings from a Thing or a person are shown as text:
no view turns a string into markup.
"""
