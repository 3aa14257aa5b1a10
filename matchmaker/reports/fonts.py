"""The font of printed papers: one with Chinese, found where the system keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.text import Text


@dataclass(frozen=True, slots=True)
class Font:
    """A file, and for a collection the number of the font in it."""

    path: Path
    number: int = 0


FONTS: tuple[Font, ...] = (
    Font(Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), 2),
    Font(Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"), 2),
    Font(Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"), 2),
    Font(Path("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc"), 2),
    Font(Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")),
    Font(Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")),
)
"""Where Debian, Arch and Fedora put Noto Sans CJK (the simplified forms are the third of the collection), or WenQuanYi;
the first that is there is used."""


def find_font(known: Sequence[Font] = FONTS) -> Font | None:
    """The font to print with; None where no known one is installed."""
    return next((font for font in known if font.path.is_file()), None)


@cache
def require_font() -> Font:
    """As :func:`find_font`; ConfigurationError where there is none."""
    font = find_font()
    if font is None:
        raise ConfigurationError(NO_FONT, code="no_font")
    return font


NO_FONT = Text(
    "没有可用的中文字体，无法生成 PDF。安装 fonts-noto-cjk 后重启服务。",
    "No font with Chinese is installed, so no PDF can be made. Install fonts-noto-cjk and restart.",
)
