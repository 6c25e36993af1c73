"""The Pythings Cloud API on the Thing's side, against answers as recorded."""
