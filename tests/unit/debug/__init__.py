"""Tests of the debug shell: its device end, its wire, its host end."""
