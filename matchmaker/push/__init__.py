"""What is worth saying to whom and when: windows, items, leads, digests."""
