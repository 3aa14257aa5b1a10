"""Everything that must hold. How to run: script/test."""
