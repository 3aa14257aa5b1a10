"""信用背书: the certificate of a rating as a signed token, its keys and its revocations."""
