"""The management of a cloud: its services, and the API over HTTP at `/api/manage/v1`."""
