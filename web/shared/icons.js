// Every icon of the pages: 24×24, strokes of one weight (.i in components.css). Reactions are drawn here too, so that
// they look the same on every system.

const SVG = "http://www.w3.org/2000/svg";

/** Paths by name. */
const ICONS = /** @type {Record<string, string>} */ ({
  theme: "M20 14.5A8.5 8.5 0 1 1 9.5 4 7 7 0 0 0 20 14.5z",
  sound: "M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12",
  muted: "M4 9v6h4l5 4V5L8 9zm12 0 6 6m0-6-6 6",
  fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  pip: "M3 5h18v14H3zM13 12h6v5h-6z",
  captions: "M3 5h18v14H3zM10 10.5a2 2 0 1 0 0 3M17 10.5a2 2 0 1 0 0 3",
  more: "M5 11.5v1M12 11.5v1M19 11.5v1M4.6 12h.8M11.6 12h.8M18.6 12h.8",
  send: "M4 12 20 4l-5 16-3.5-6.5zM20 4l-8.5 9.5",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5h.01M15 9.5h.01",
  reply: "M10 6 4 12l6 6M4 12h10a6 6 0 0 1 6 6",
  close: "M6 6l12 12M18 6 6 18",
  check: "m5 12.5 5 5 9-11",
  plus: "M12 5v14M5 12h14",
  down: "M12 5v14m-6-6 6 6 6-6",
  pin: "M9 4h6l-.7 6 3.2 3.5h-11L9.7 10zM12 13.5V21",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2",
  ban: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM6 6l12 12",
  quiet: "M4 5h16v11h-9l-5 4v-4H4zM9 8.5l5 4M14 8.5l-5 4",
  chat: "M4 5h16v11h-9l-5 4v-4H4z",
  poll: "M5 20V10M12 20V4M19 20v-7",
  question: "M9 9a3 3 0 1 1 4.2 2.8c-.9.4-1.2 1-1.2 2M12 17.2h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  gift: "M4 9h16v4H4zM6 13v7h12v-7M12 9v11M12 9c-5 0-5.5-5-3-5 2 0 3 3 3 5zm0 0c5 0 5.5-5 3-5-2 0-3 3-3 5z",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20a6 6 0 0 1 12 0M15.5 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.3A6 6 0 0 1 21 20",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4",
  shield: "M12 3.5 5 6v5.5c0 4 3 7.3 7 9 4-1.7 7-5 7-9V6z",
  up: "M12 19V6M6 11.5 12 5.5l6 6",
  star: "m12 4 2.4 5.1 5.6.7-4.1 3.9 1 5.5-4.9-2.7-4.9 2.7 1-5.5L4 9.8l5.6-.7z",
  megaphone: "M4 10v4h3l9 4.5v-13L7 10zM19.5 9.5a4 4 0 0 1 0 5M8 14l1.5 6",
  camera: "M3 7h12v10H3zM15 10.5l6-3v9l-6-3z",
  cameraOff: "M3 7h12v10H3zM15 10.5l6-3v9l-6-3zM3 3l18 18",
  mic: "M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  micOff: "M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M4 4l16 16",
  stage: "M4 20h16M6 20l1.5-6h9L18 20M12 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  leave: "M14 4H5v16h9M10 12h11m-4-4 4 4-4 4",
  share: "M12 15V4m-4 4 4-4 4 4M5 12v8h14v-8",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  bag: "M5 8h14l1 12H4zM9 8V7a3 3 0 0 1 6 0v1",
  calendar: "M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8",
  live: "M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7.8 7.8a6 6 0 0 0 0 8.4M16.2 7.8a6 6 0 0 1 0 8.4M5 5a10 10 0 0 0 0 14M19 5a10 10 0 0 1 0 14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
});

/** Icons that point along the line of reading turn with it. */
const TURNING = new Set(["send", "reply", "leave"]);

/** @param {string} tag @param {Record<string, string>} attributes */
function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/**
 * An icon, hidden from screen readers: what it means is in words beside it, or in the button's label.
 * @param {string} name
 */
export function icon(name) {
  const made = svg("svg", { viewBox: "0 0 24 24", class: TURNING.has(name) ? "i turns" : "i", "aria-hidden": "true" });
  made.append(svg("path", { d: ICONS[name] ?? "" }));
  return made;
}

const FACE = "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z";
/** Filled shapes of the usual reactions: colour and path. */
const REACTIONS = /** @type {Record<string, [string, string][]>} */ ({
  "❤️": [["#ff4d6d", "M12 21C5 15.5 2 12 2 8a5.2 5.2 0 0 1 10-2.2A5.2 5.2 0 0 1 22 8c0 4-3 7.5-10 13z"]],
  "🔥": [["#ff7a1a", "M12 22a7.5 7.5 0 0 1-7.5-7.5c0-3 1.5-5 3-6.5.3 1.5 1 2.5 2 3C9 7.5 10.5 4 14 2c0 3 1 4.5 2.7 6.5 1.7 2 2.8 3.7 2.8 6A7.5 7.5 0 0 1 12 22z"], ["#ffd23f", "M12 21.5a4 4 0 0 1-4-4c0-2.2 1.7-3.5 3-5.5.5 1.8 1.5 2.2 2.8 3.3 1.2 1 2.2 1.7 2.2 2.9a4 4 0 0 1-4 3.3z"]],
  "😂": [["#ffcf40", FACE], ["#5b3200", "M6 12.5h12a6 6 0 0 1-12 0zM6 9.7c.5-1.8 3-1.8 3.5 0-.9-.7-2.6-.7-3.5 0zM14.5 9.7c.5-1.8 3-1.8 3.5 0-.9-.7-2.6-.7-3.5 0z"], ["#53b4ff", "M4.5 10.5c-2 1.8-2.5 4-.8 4.6 1.6.5 2-1.6.8-4.6zM19.5 10.5c2 1.8 2.5 4 .8 4.6-1.6.5-2-1.6-.8-4.6z"]],
  "😮": [["#ffcf40", FACE], ["#5b3200", "M12 13a3 3.5 0 1 0 0 7 3 3.5 0 0 0 0-7zM8 7.5a1.3 1.6 0 1 0 0 3.2 1.3 1.6 0 0 0 0-3.2zM16 7.5a1.3 1.6 0 1 0 0 3.2 1.3 1.6 0 0 0 0-3.2z"]],
  "🎉": [["#ffb52e", "M3 21 8 8l8 8z"], ["#ff4d6d", "M13 3.5l1 2.6 2.6 1-2.6 1-1 2.6-1-2.6-2.6-1 2.6-1z"], ["#53b4ff", "M19 8.5a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4zM18 15l3.5.5-.5 2-3-1z"], ["#5fd08a", "M17.5 2.5l2.5 1-1.5 3-1.5-1z"]],
  "👏": [["#ffcf40", "M6 12.5l5-7c.9-1.2 2.5 0 1.8 1.2l-1.6 2.6 4.7-4.7c1.1-1 2.5.4 1.5 1.5l-4 4.2 4.8-4c1.2-.9 2.4.6 1.3 1.6l-4.5 4.3 3.7-2.6c1.2-.7 2.2.8 1.1 1.7l-6.3 6.5c-3.5 3.5-8 4-10 1.2-1.5-2-.7-3.5 2.5-6.5z"], ["#5b3200", "M3 6l2 1.5-.8.9zM7 2.5l1 2.3-1.2.3z"]],
  "👍": [["#ffcf40", "M7 11l4-8.5c1.8 0 2.8 1.2 2.5 3L13 9h6c1.5 0 2.4 1.3 2 2.7l-1.9 7c-.3 1-1.1 1.8-2.2 1.8H7zM2.5 11H6v9.5H2.5z"]],
});

/**
 * A reaction's picture: ours where there is one, else the system's emoji.
 * @param {string} emoji
 * @returns {Element}
 */
export function reactionPicture(emoji) {
  const shapes = REACTIONS[emoji] ?? REACTIONS[`${emoji}\ufe0f`];
  if (!shapes) {
    const plain = document.createElement("span");
    plain.className = "emoji";
    plain.textContent = emoji;
    return plain;
  }
  const made = svg("svg", { viewBox: "0 0 24 24", class: "emoji", "aria-hidden": "true" });
  for (const [fill, d] of shapes) made.append(svg("path", { fill, d }));
  return made;
}
