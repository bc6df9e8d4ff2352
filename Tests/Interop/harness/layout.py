"""Layout shifts, frames and long tasks of a page, as the browser itself counts them."""

# Before any script of the page: `hawkerLayout` counts from the first paint on.
WATCH = """
window.hawkerLayout = { shift: 0, sources: [], longTasks: [], frames: 0, longestFrame: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    hawkerLayout.shift += entry.value;
    for (const { node, previousRect: a, currentRect: b } of entry.sources) {
      const name = node?.id || node?.className || node?.nodeName || node?.parentNode?.id;
      hawkerLayout.sources.push(`${name} ${entry.value.toFixed(4)} [${a.x},${a.y} ${a.width}x${a.height}] -> [${b.x},${b.y} ${b.width}x${b.height}]`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) hawkerLayout.longTasks.push([entry.startTime, entry.duration]);
}).observe({ type: "longtask", buffered: true });
"""
CLS_MAX = 0.02


def watch(page):
    """To be called before the page goes anywhere."""
    page.context.add_init_script(script=WATCH)


def assert_still(page, what):
    """All shifts since the page was opened together, which is stricter than the worst five seconds."""
    seen = page.evaluate("hawkerLayout")
    assert seen["shift"] < CLS_MAX, f"{what}: {seen['shift']:.3f}\n" + "\n".join(seen["sources"][-40:])
    return seen["shift"]


FRAMES = """(async () => {
  const from = performance.now();
  const times = [];
  let running = true;
  const frame = (now) => { times.push(now); if (running) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  await new Promise((resolve) => setTimeout(resolve, MS));
  running = false;
  const gaps = times.slice(1).map((each, index) => each - times[index]);
  const long = hawkerLayout.longTasks.filter(([at]) => at >= from);
  return {
    fps: (1000 * (times.length - 1)) / (times.at(-1) - times[0]), longestGap: Math.max(...gaps),
    blockedMs: long.reduce((sum, [, duration]) => sum + duration, 0), longTasks: long.length,
    nodes: document.querySelectorAll("*").length,
  };
})()"""


def frames(page, seconds):
    return page.evaluate(FRAMES.replace("MS", str(int(seconds * 1000))))
