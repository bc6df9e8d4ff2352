// The design tokens: every pair of text and ground that the pages use has the contrast WCAG 2.2 AA asks for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../web/shared/tokens.css", import.meta.url), "utf8");

/** The custom properties of the rule that begins with `start`. */
function tokens(start) {
  const from = css.indexOf(start);
  assert.ok(from >= 0, start);
  const body = css.slice(css.indexOf("{", from), css.indexOf("}", from));
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((match) => [match[1], match[2]]));
}

const shared = tokens(":root {");
const themes = {
  dark: { ...shared, ...tokens(':root[data-theme="dark"]') },
  light: { ...shared, ...tokens('\n:root[data-theme="light"]') },
};

function luminance(hex) {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r, g, b] = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = 4.5;
const SHAPE = 3;
const grounds = ["page", "surface", "surface-2", "surface-3"];
const pairs = [
  ...["text", "text-quiet"].flatMap((words) => grounds.map((ground) => [words, ground, TEXT])),
  ...["good", "warn", "bad", "accent-text"].flatMap((words) => ["page", "surface"].map((ground) => [words, ground, TEXT])),
  ["accent-text", "accent-soft", TEXT], ["text", "accent-soft", TEXT], ["accent-text", "surface-2", TEXT],
  ["on-accent", "accent", TEXT], ["on-live", "live", TEXT], ["on-stage", "stage", TEXT], ["on-stage-quiet", "stage", TEXT],
  ["control-line", "page", SHAPE], ["control-line", "surface", SHAPE], ["focus", "page", SHAPE], ["focus", "surface", SHAPE], ["focus", "surface-2", SHAPE],
];

for (const [name, values] of Object.entries(themes)) {
  test(`${name}: every pair has its contrast`, () => {
    for (const [one, other, least] of pairs) {
      const found = contrast(values[one], values[other]);
      assert.ok(found >= least, `${one} on ${other}: ${found.toFixed(2)} < ${least}`);
    }
  });
}

test("light is the same whether chosen or the system's", () => {
  assert.deepEqual(tokens(':root:not([data-theme="dark"])'), tokens('\n:root[data-theme="light"]'));
});

test("names in the chat and letters in avatars are readable in every hue", () => {
  const hex = (h, s, l) => {
    const channel = (n) => {
      const k = (n + h / 30) % 12;
      return Math.round(255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1)))).toString(16).padStart(2, "0");
    };
    return `#${channel(0)}${channel(8)}${channel(4)}`;
  };
  for (let hue = 0; hue < 360; hue += 5) {
    assert.ok(contrast("#ffffff", hex(hue, 0.45, 0.3)) >= TEXT, `avatar ${hue}`);
    assert.ok(contrast(themes.light.surface, hex(hue, 0.45, 0.32)) >= TEXT, `light name ${hue}`);
    assert.ok(contrast(themes.dark["surface-2"], hex(hue, 0.65, 0.78)) >= TEXT, `dark name ${hue}`);
  }
});
