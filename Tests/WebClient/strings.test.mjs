// Every word has a key, every key that the pages name has words, and none stands there unused.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { strings } from "../../web/shared/strings.js";

const web = join(import.meta.dirname, "../../web");
const pages = ["landing", "shared", "studio", "watch"];
const files = pages.flatMap((folder) => readdirSync(join(web, folder)).filter((name) => /\.(js|html)$/.test(name) && name !== "strings.js").map((name) => join(web, folder, name)));
const sources = files.map((path) => ({ path, source: readFileSync(path, "utf8") }));
const all = sources.map((each) => each.source).join("\n");

const keys = new Set(Object.keys(strings));
const known = (key) => keys.has(key) || keys.has(`${key}.other`);

test("every key that is written out has words", () => {
  const patterns = [/\b(?:text|plural)\("([^"]+)"/g, /data-(?:text|label|placeholder)="([^"]+)"/g, /\bfield\("([^"]+)"/g, /\bcheck\("\w+", "([^"]+)"/g];
  const missing = patterns.flatMap((pattern) => [...all.matchAll(pattern)].map((match) => match[1]).filter((key) => !known(key)));
  assert.deepEqual(missing, []);
});

test("a plural has a form for all that is not named", () => {
  const bases = [...keys].filter((key) => /\.(zero|one|two|few|many)$/.test(key)).map((key) => key.replace(/\.\w+$/, ""));
  assert.deepEqual(bases.filter((base) => !keys.has(`${base}.other`)), []);
});

test("no words stand there unused", () => {
  // A key may be put together: `poll.state.${…}`, textOf("sayError", …), select(…, "settings.mode", …).
  const prefixes = [...all.matchAll(/`([\w.]+)\.\$\{/g), ...all.matchAll(/\b(?:textOf|select)\((?:"\w+", )?"([\w.]+)"/g)].map((match) => match[1]);
  const used = (key) => {
    const base = key.replace(/\.(one|other)$/, "");
    return all.includes(`"${key}"`) || all.includes(`"${base}"`) || prefixes.some((prefix) => key.startsWith(`${prefix}.`)) || /^guest\.(mic|camera)$/.test(key) || /^health\./.test(key);
  };
  assert.deepEqual([...keys].filter((key) => !used(key)), []);
});

test("pages hold no words of their own, but for browsers without JavaScript", () => {
  for (const { path, source } of sources.filter((each) => each.path.endsWith(".html"))) {
    const body = source.slice(source.indexOf("<body")).replace(/<noscript>.*?<\/noscript>/gs, "").replace(/<[^>]*>/g, " ");
    assert.doesNotMatch(body, /[A-Za-z]{2,}/, path);
    assert.doesNotMatch(source, /\s(?:alt|title|placeholder|aria-label)="[^"]*[A-Za-z]/, path);
  }
});
