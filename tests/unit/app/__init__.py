"""Tests of the host commands."""
