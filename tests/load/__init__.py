"""What the cloud stands: commands that print figures, and a short run of each as a test."""
