"""The admin API: what the dashboard of the real cloud is for."""
