"""E-mail without a server: each mail becomes a file that any mail programme opens."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matchmaker.outbox.channels.mime import mime
from matchmaker.outbox.envelope import ChannelDown, Envelope, Line
from matchmaker.settings import Settings


class MailFilesChannel:
    """Writes ``<message id>.eml`` into the mail folder of the instance."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is written yet."""
        self.settings = settings

    @contextmanager
    def open(self) -> Iterator[Line]:
        """The folder, made when absent."""
        yield self

    def send(self, envelope: Envelope) -> None:
        """Write the file whole or not at all; a repeat overwrites, it never doubles."""
        folder = self.settings.mail_dir
        content = mime(envelope, self.settings, encoding="8bit").as_bytes()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(handle)
            Path(name).replace(folder / f"{envelope.message_id}.eml")
        except OSError as error:
            raise ChannelDown(f"mail_folder: {error}"[:300]) from error
