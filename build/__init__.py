"""The tools that turn the sources into diagrams, slim code, firmware images and releases."""
