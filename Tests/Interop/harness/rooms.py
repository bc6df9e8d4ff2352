"""What the tests know of Hawker's own pages: how a person finds a button, and what a page says.

Controls are found by the words a person reads, so a redesign of the pages breaks nothing here.
"""

import json

FIND = """((words, roles) => {
  const pattern = new RegExp(words, "i");
  const visible = (e) => e.offsetParent !== null || getComputedStyle(e).position === "fixed";
  return [...document.querySelectorAll(roles)].find(
    (e) => visible(e) && pattern.test(e.getAttribute("aria-label") || e.textContent || e.value));
})"""
BUTTONS = "button, [role=button], summary"
CHOICES = "option, [role=menuitemradio], [role=radio], [role=option], input[type=radio], label, button"


def press(page, words, timeout=10):
    find = f"{FIND}({json.dumps(words)}, {json.dumps(BUTTONS)})"
    page.wait_until(f"(() => {{ const b = {find}; return b && !b.disabled; }})()", timeout, words)
    page.evaluate(f"(() => {{ {find}.click(); }})()")


def choose_quality(page, words):
    """Chooses in the quality menu of the watch page, whether it is a <select> or buttons."""
    page.evaluate(
        f"""(() => {{
          const find = {FIND};
          const open = find("quality", {json.dumps(BUTTONS)});
          const select = [...document.querySelectorAll("select")].find((s) =>
            [...s.options].some((o) => /{words}/i.test(o.textContent)));
          if (select) {{
            select.value = [...select.options].find((o) => /{words}/i.test(o.textContent)).value;
            select.dispatchEvent(new Event("input", {{ bubbles: true }}));
            select.dispatchEvent(new Event("change", {{ bubbles: true }}));
            return;
          }}
          let choice = find({json.dumps(words)}, {json.dumps(CHOICES)});
          if (!choice && open) {{ open.click(); choice = find({json.dumps(words)}, {json.dumps(CHOICES)}); }}
          if (!choice) throw new Error("no quality choice says {words}");
          choice.click();
        }})()"""
    )


def shows(page, words, timeout=10):
    """Waits until a person can read these words somewhere on the page."""
    page.wait_until(f"document.body.innerText.includes({json.dumps(words)})", timeout, words)


def say(page, words):
    """Writes into the chat as a person does."""
    page.wait_until("document.querySelector('.composer textarea:not(:disabled)')?.offsetParent != null", 10, "the chat")
    page.evaluate(
        f"""(() => {{
          const field = document.querySelector(".composer textarea");
          field.value = {json.dumps(words)};
          field.dispatchEvent(new Event("input", {{ bubbles: true }}));
          field.form.requestSubmit();
        }})()"""
    )


def wait_for_state(page, state, timeout=15):
    page.wait_until(f"document.body.dataset.state === {json.dumps(state)}", timeout, state)


def observe_video(page, timeout=15):
    """Starts to log the pictures of the page's video, once it shows one."""
    page.wait_until(
        "[...document.querySelectorAll('video')].some((v) => v.videoWidth > 0)", timeout, "a picture"
    )
    page.evaluate(
        "hawkerTest.observe({ name: 'viewer', video: "
        "[...document.querySelectorAll('video')].find((v) => v.videoWidth > 0) })"
    )
    page.call("waitForFrame", timeoutMs=5000)
