"""The console: the web page from which owners program Things, beside the cloud in its process.

Its views ask `fleet` alone, never the tables. What a Thing or a person has written is shown as
text: no view makes markup of a string.
"""
