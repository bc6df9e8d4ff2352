"""Layout shifts, frames and long tasks of a page, as the browser itself counts them."""

# Before any script of the page: `hawkerLayout` counts from the first paint on.
WATCH = """
window.hawkerLayout = { shift: 0, window: { value: 0, from: 0, to: 0 }, sources: [], longTasks: [] };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    // CLS as browsers report it: the worst burst, of shifts less than 1 s apart, at most 5 s long.
    const burst = hawkerLayout.window;
    const at = entry.startTime;
    const goesOn = at - burst.to < 1000 && at - burst.from < 5000;
    hawkerLayout.window = goesOn ? { ...burst, value: burst.value + entry.value, to: at } : { value: entry.value, from: at, to: at };
    hawkerLayout.shift = Math.max(hawkerLayout.shift, hawkerLayout.window.value);
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


def jumps(page, what):
    """What moved, if cumulative layout shift since the page was opened is too high; what follows a press is forgiven."""
    seen = page.evaluate("hawkerLayout")
    if seen["shift"] < CLS_MAX:
        return None
    return f"{what}: {seen['shift']:.3f}\n" + "\n".join(seen["sources"][-40:])


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
