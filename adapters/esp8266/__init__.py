"""What an ESP8266 has of its own."""
