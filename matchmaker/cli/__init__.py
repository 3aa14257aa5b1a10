"""The ``flask`` commands, one file per group; all of them are listed in ``matchmaker.cli.commands``."""
