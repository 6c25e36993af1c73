"""The package `pythings-os`, for pip."""
