"""What an ESP32 has of its own."""
