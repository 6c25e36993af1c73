"""What each port promises, checked on every adapter and fake that fills it."""
