"""Browser tests against the running product. The session fixture that starts it belongs here."""
