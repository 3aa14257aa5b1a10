"""Messages to send: enqueue in the caller's transaction, claim by lease, send outside any transaction, finish."""
