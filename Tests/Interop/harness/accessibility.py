"""axe-core in a page, and a person without a mouse."""

import pathlib

import axe_playwright_python

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# WCAG 2.2 A and AA, with what they took over.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def violations(page):
    """What axe finds against WCAG 2.2 A and AA: one line each, empty when all is well."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        f"axe.run(document, {{ runOnly: {{ type: 'tag', values: {TAGS} }}, resultTypes: ['violations'] }})"
    )["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for each in found for node in each["nodes"]
    ]


FOCUSED = """(() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect();
  const rings = [];
  for (let each = e; each; each = each.parentElement) {
    const style = getComputedStyle(each);
    if (each === e || each.matches(':focus-within') && each.classList.contains('line')) {
      rings.push(style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
    }
  }
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || '').trim(),
    role: e.getAttribute('role') || e.tagName.toLowerCase(),
    ring: rings.some(Boolean),
    inView: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    opacity: (() => { let o = 1; for (let n = e; n; n = n.parentElement) o *= parseFloat(getComputedStyle(n).opacity); return o; })(),
    covered: at !== null && at !== e && !e.contains(at) && !at.contains(e),
  };
})()"""


class Keys:
    """Plays a page by its keys alone; every stop on the way must be seen."""

    STOPS_MAX = 60

    def __init__(self, page):
        self.page = page
        self.keyboard = page.page.keyboard
        self.stops = 0

    def press(self, *keys):
        for key in keys:
            self.keyboard.press(key)

    def type(self, words):
        self.keyboard.type(words)

    def focused(self):
        """What has the focus; a focus that a person can't see fails."""
        # Rings and controls that faded may come back with a transition.
        self.page.page.wait_for_timeout(30)
        found = self.page.evaluate(FOCUSED)
        if found:
            self.stops += 1
            self.page.wait_until(f"{FOCUSED}?.opacity !== 0", 2, f"{found['name']} to be seen")
            assert found["ring"], f"the focus on {found} is not visible"
            assert found["inView"], f"the focus on {found} is out of view"
            assert not found["covered"], f"something lies over {found}"
        return found

    def to(self, name, role=None, key="Tab"):
        """Goes on by `key` until something of this name has the focus."""
        seen = []
        for _ in range(self.STOPS_MAX):
            found = self.focused()
            if found and name.lower() in found["name"].lower() and role in (None, found["role"]):
                return found
            seen.append(found and found["name"][:40])
            self.keyboard.press(key)
        raise AssertionError(f"{key} never came to {name}: {seen}")
