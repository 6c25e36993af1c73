"""Any Linux machine behind the ports."""
