"""What several tests share: real peers, not mocks."""
