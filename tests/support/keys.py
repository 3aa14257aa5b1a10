"""A page worked with the keyboard alone."""

from pathlib import Path

from playwright.sync_api import Page

FOCUSED = """() => {
  const e = document.activeElement;
  const label = e.getAttribute("aria-label") || [...(e.labels || [])].map((one) => one.innerText).join(" ");
  return (label || e.innerText || "").trim();
}"""
FARTHEST = 200


class Keys:
    """Someone who has no mouse."""

    def __init__(self, page: Page) -> None:
        """``page``: open, and not clicked on yet."""
        self.page = page

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        """What a reader is told has the focus."""
        return str(self.page.evaluate(FOCUSED))

    def to(self, name: str) -> None:
        """Tab until what is called so has the focus."""
        passed: list[str] = []
        while not self.focused().startswith(name):
            passed.append(self.focused())
            assert len(passed) < FARTHEST, f"no way to {name!r}: {passed[:40]}"
            self.press("Tab")

    def open(self, name: str) -> None:
        """Follow the link, or press the button, of this name; the next page is there then."""
        self.to(name)
        with self.page.expect_event("load"):
            self.press("Enter")

    def type(self, name: str, text: str) -> None:
        """Into a field."""
        self.to(name)
        self.page.keyboard.type(text)

    def tick(self, name: str) -> None:
        """A box."""
        self.to(name)
        self.press("Space")

    def choose(self, name: str) -> None:
        """One of several: Tab goes to the group, arrows within it."""
        group = self.page.get_by_label(name, exact=True).get_attribute("name")
        while self.page.evaluate("document.activeElement.name") != group:
            self.press("Tab")
        self.press("Space")
        while not self.focused().startswith(name):
            self.press("ArrowDown")

    def attach(self, name: str, path: Path) -> None:
        """A file."""
        self.to(name)
        self.page.wait_for_load_state("networkidle")
        with self.page.expect_file_chooser(timeout=30_000) as asked:
            self.press("Space")
        asked.value.set_files(path)
