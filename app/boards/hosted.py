"""The entry of a Linux Thing's OS, by the name that every launcher imports, older or newer."""

from app.runtime.linux_main import start

__all__ = ["start"]
