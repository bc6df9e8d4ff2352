// Tabs after the ARIA pattern: one stop for Tab, arrows go between, Home and End to the ends.

/**
 * Makes the buttons in `list` show the panels they name by `aria-controls`.
 * @param {HTMLElement} list
 * @param {(panel: string) => void} [shown]
 */
export function setUpTabs(list, shown = () => {}) {
  const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
  const visible = () => tabs.filter((tab) => !tab.hidden);

  /** @param {HTMLElement} chosen */
  const select = (chosen) => {
    for (const tab of tabs) {
      const selected = tab === chosen;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !selected;
    }
    shown(chosen.getAttribute("aria-controls") ?? "");
  };

  list.addEventListener("click", (event) => {
    const tab = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[role=tab]"));
    if (tab) select(tab);
  });
  list.addEventListener("keydown", (event) => {
    const all = visible();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const rtl = document.documentElement.dir === "rtl" ? -1 : 1;
    const step = { ArrowRight: rtl, ArrowLeft: -rtl }[event.key];
    const to = step ? all[(at + step + all.length) % all.length] : event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1) : null;
    if (!to) return;
    event.preventDefault();
    select(to);
    to.focus();
  });
  const first = tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0];
  select(first);
  return {
    /** @param {string} panel */
    select(panel) {
      select(tabs.find((tab) => tab.getAttribute("aria-controls") === panel) ?? first);
    },
  };
}
