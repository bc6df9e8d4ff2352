// Light or dark: the system's choice until the person makes one.

const KEY = "hawker.theme";

/**
 * Applies the remembered choice and lets `button` change it.
 * @param {HTMLElement} button
 * @returns {() => void} changes it
 */
export function setUpTheme(button) {
  const remembered = localStorage.getItem(KEY);
  if (remembered) document.documentElement.dataset.theme = remembered;
  const change = () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  };
  button.addEventListener("click", change);
  return change;
}
