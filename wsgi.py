"""The application for a web server and for ``flask``."""

import os
import sys

from matchmaker import create_app
from matchmaker.domain.errors import Exit, MatchmakerError

try:
    app = create_app()
except KeyboardInterrupt:
    sys.exit(Exit.INTERRUPTED)
except MatchmakerError as error:
    sys.stderr.write(error.say("en" if os.environ.get("MATCHMAKER_LANG") == "en" else "zh") + "\n")
    sys.exit(error.exit_code)
