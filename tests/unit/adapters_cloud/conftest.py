"""A key pair, made once."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.fixture(scope="package")
def pair():
    """Return the numbers of a private key of 1024 bits."""
    return rsa.generate_private_key(65537, 1024).private_numbers()
