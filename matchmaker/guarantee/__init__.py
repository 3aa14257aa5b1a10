"""Credit information, rating, endorsement, guarantors and the guarantee ledger."""
