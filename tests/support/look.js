// What axe does not say of a page. Evaluated in the browser by tests/support/looking.py; each function gives sentences.
(() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".unseen, .skip, .swagger-ui");
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const PRESSED = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const named = (e) => `<${e.tagName.toLowerCase()}> ${(e.innerText || e.name || e.id || "").trim().slice(0, 40)}`;
  const inSentence = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline"
    && e.parentElement.innerText.trim() !== e.innerText.trim();
  const touched = (e) => (["radio", "checkbox"].includes(e.type) ? e.closest("label") || e : e).getBoundingClientRect();

  const runsOver = () => {
    const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return over > 0 ? [`the page scrolls sideways by ${over} px`] : [];
  };
  const smallTargets = (least) => all(PRESSED).filter((e) => !inSentence(e)).flatMap((e) => {
    const { width, height } = touched(e);
    return width < least - 0.5 || height < least - 0.5 ? [`${named(e)} is ${Math.round(width)} x ${Math.round(height)}`] : [];
  });
  const zoomedIn = () => all("input, select, textarea").filter((e) => !["radio", "checkbox", "hidden"].includes(e.type)
    && parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => `${named(e)}: a phone zooms in on letters below 16 px`);

  // Where each piece of text stands, cut to the part of a scrolling region that shows; half its height, as lines touch.
  const places = () => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, parent = node.parentElement;
      if (!node.data.trim() || !shown(parent) || parent.closest("select, script, svg")) continue;
      const region = parent.closest(".scroll")?.getBoundingClientRect(), range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        const left = Math.max(box.left, region?.left ?? -Infinity), right = Math.min(box.right, region?.right ?? Infinity);
        const top = box.top + box.height * 0.3, bottom = Math.min(box.bottom - box.height * 0.3, region?.bottom ?? Infinity);
        if (right - left > 2 && bottom > top) found.push({ node, left, right, top, bottom });
      }
    }
    return found.sort((a, b) => a.top - b.top);
  };
  const overlaps = () => {
    const found = [], boxes = places();
    boxes.forEach((a, at) => {
      for (let n = at + 1; n < boxes.length && boxes[n].top < a.bottom; n++) {
        const b = boxes[n];
        if (a.node !== b.node && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2) {
          found.push(`"${a.node.data.trim().slice(0, 30)}" lies over "${b.node.data.trim().slice(0, 30)}"`);
        }
      }
    });
    return found.slice(0, 5);
  };
  const cut = () => all("main *, header *").filter((e) => !e.matches("input, select, textarea") && ["hidden", "clip"].includes(getComputedStyle(e).overflowX)
    && e.scrollWidth > e.clientWidth + 1).map((e) => `${named(e)} is cut off`);

  const reached = (e) => {
    const box = e.getBoundingClientRect(), x = [box.left + 3, (box.left + box.right) / 2, box.right - 3];
    const y = [box.top + 3, (box.top + box.bottom) / 2, box.bottom - 3];
    return x.some((one) => y.some((other) => {
      const hit = document.elementFromPoint(one, other);
      return hit && (e.contains(hit) || hit.contains(e) && hit.closest("label, a, summary") !== null);
    }));
  };
  // Forwards and backwards, for what is stuck to an edge hides what is scrolled to under it (WCAG 2.4.7, 2.4.11).
  const unseenFocus = () => {
    const found = new Set(), stops = all(`${PRESSED}, [tabindex="0"]`).filter((e) => !e.disabled);
    for (const e of [...stops, ...stops.toReversed()]) {
      e.focus();
      const style = getComputedStyle(e);
      if (document.activeElement !== e) found.add(`${named(e)} does not take the focus`);
      else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.add(`${named(e)} has the focus, unseen`);
      else if (!reached(e)) found.add(`${named(e)} has the focus behind something else`);
    }
    document.activeElement.blur();
    for (const moved of [window, ...document.querySelectorAll(".scroll")]) moved.scrollTo(0, 0);
    return [...found].slice(0, 8);
  };
  const bigText = (on) => { document.documentElement.style.fontSize = on ? "200%" : ""; };
  const outside = () => [...document.querySelectorAll("link[href], script[src], img[src], iframe, object, source")]
    .map((e) => e.href || e.src || "?").filter((at) => !at.startsWith(location.origin) && !at.startsWith("data:"))
    .map((at) => `comes from elsewhere: ${at}`);
  window.looking = { runsOver, smallTargets, zoomedIn, overlaps, cut, unseenFocus, bigText, outside };
})()
