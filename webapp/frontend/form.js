// Improves forms that already work without it: drafts that save themselves, nothing lost on a refresh, counters, filters.
// Hooks are data- attributes; sentences come with the page. No eval, no inline handlers.

const DRAFT_DELAY = 1500;

/** Drafts and refreshes send everything but files, which wait for the submission. */
function dropFiles(data) {
  for (const name of new Set(data.keys())) {
    const texts = data.getAll(name).filter((value) => !(value instanceof File));
    data.delete(name);
    for (const text of texts) data.append(name, text);
  }
  return data;
}

function fields(form) {
  return dropFiles(new FormData(form));
}

function fingerprint(form) {
  const data = fields(form);
  data.delete("csrf_token");
  return new URLSearchParams(data).toString();
}

/** The server's own sentence about a saved draft, if it sends one. */
async function sentence(response) {
  const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
  return plain ? (await response.text()).slice(0, 80) : "";
}

function clock(language) {
  return new Date().toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
}

/** Draft of one form: saved when typing pauses, on leaving a field, and when the page is hidden. */
function keepDraft(form) {
  let timer = 0;
  let saved = fingerprint(form);
  let running = null;
  let submitting = false;

  const body = () => form.querySelector("[data-form-body]");
  const url = () => body()?.dataset.draftUrl || form.dataset.draft;
  const say = (text, failed = false) => {
    const status = form.querySelector("[data-draft-status], [role=status][data-saved]");
    if (!status || !text) return;
    status.textContent = text;
    status.toggleAttribute("data-failed", failed);
  };

  async function save(leaving = false) {
    clearTimeout(timer);
    const { textSaving, textSaved, textFailed, language } = body()?.dataset ?? {};
    const now = fingerprint(form);
    if (!url() || submitting || now === saved) return;
    if (running && !leaving) {
      await running;
      return save();
    }
    if (!leaving) say(textSaving);
    const request = fetch(url(), {
      method: "POST", body: new URLSearchParams(fields(form)), credentials: "same-origin", keepalive: leaving,
      headers: { Accept: "application/json", "X-Requested-With": "fetch" },
    });
    running = request.then(
      async (response) => {
        if (!response.ok || response.redirected) throw new Error(String(response.status));
        saved = now;
        say(await sentence(response) || textSaved.replace("{time}", clock(language)));
      },
    ).catch(() => say(textFailed, true)).finally(() => { running = null; });
    return running;
  }

  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, DRAFT_DELAY); });
  form.addEventListener("change", () => save());
  form.addEventListener("focusout", () => save());
  // The browser takes the fields as they stand at this moment; a draft on its way must not come after the submission.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    submitting = true;
    setTimeout(() => { submitting = !event.defaultPrevented; });
  });
  window.addEventListener("pageshow", () => { submitting = false; });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
  window.addEventListener("beforeunload", (event) => {
    if (submitting || fingerprint(form) === saved) return;
    if (url()) save(true);
    else if (form.method === "post") event.preventDefault();
  });
}

/** A refresh by the server must not take back what was typed, nor pull away the button being pressed, while it was on its way. */
function keepTyping(form) {
  let sent = new Map();
  let typed = new Map();
  let pressed = false;
  let missed = null;
  const controls = () => [...form.querySelectorAll("[name]:not([type=hidden], [type=file], button)")].filter((one) => one.id);
  const ticks = (one) => one.type === "checkbox" || one.type === "radio";
  const state = (one) => (ticks(one) ? String(one.checked) : one.value);
  const snapshot = () => new Map(controls().map((one) => [one.id, state(one)]));
  const ask = (element) => element?.dispatchEvent(new Event("change", { bubbles: true }));

  form.addEventListener("pointerdown", () => { pressed = true; });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => setTimeout(() => {
      pressed = false;
      if (missed?.isConnected) ask(missed);
      missed = null;
    }));
  }
  form.addEventListener("htmx:configRequest", (event) => {
    sent = snapshot();
    missed = null;
    dropFiles(event.detail.formData);
  });
  form.addEventListener("htmx:beforeSwap", (event) => {
    if (pressed) {
      event.detail.shouldSwap = false;
      missed = event.detail.requestConfig.elt;
      return;
    }
    typed = new Map([...snapshot()].filter(([id, value]) => sent.has(id) && sent.get(id) !== value));
  });
  form.addEventListener("htmx:afterSettle", () => {
    const kept = controls().filter((one) => typed.has(one.id));
    for (const one of kept) {
      if (ticks(one)) one.checked = typed.get(one.id) === "true";
      else one.value = typed.get(one.id);
    }
    typed = new Map();
    improve(form);
    ask(kept.find((one) => one.closest("[data-refreshes]") && one !== document.activeElement));
  });
}

/** Characters typed of those allowed, counted as the server counts them. */
function count(control) {
  if (control.dataset.counting) return;
  control.dataset.counting = "true";
  const output = document.createElement("span");
  output.className = "count";
  output.setAttribute("aria-live", "polite");
  control.closest(".field").append(output);
  const limit = Number(control.dataset.limit);
  const show = () => {
    const length = [...control.value.trim()].length;
    const over = length - limit;
    output.toggleAttribute("data-over", over > 0);
    output.textContent = over > 0
      ? control.dataset.over.replace("{over}", over)
      : control.dataset.count.replace("{count}", length).replace("{limit}", limit);
  };
  control.addEventListener("input", show);
  show();
}

/** A box to narrow a long list of ticks; ticked ones stay in sight. */
function filter(choices) {
  if (choices.dataset.filtering || choices.children.length < 9) return;
  choices.dataset.filtering = "true";
  const box = document.createElement("input");
  box.type = "search";
  box.className = "choices-filter";
  box.setAttribute("aria-label", choices.dataset.filter);
  box.placeholder = choices.dataset.filter;
  const none = document.createElement("p");
  none.className = "hint";
  none.setAttribute("role", "status");
  const ticks = [...choices.querySelectorAll(".tick")];
  choices.prepend(box);
  choices.append(none);
  const narrow = () => {
    const wanted = box.value.trim().toLowerCase();
    let matches = 0;
    for (const tick of ticks) {
      const fits = tick.textContent.toLowerCase().includes(wanted);
      matches += fits;
      tick.hidden = !fits && !tick.querySelector("input").checked;
    }
    none.textContent = matches ? "" : choices.dataset.filterNone;
  };
  box.addEventListener("input", (event) => { event.stopPropagation(); narrow(); });
  box.addEventListener("change", (event) => event.stopPropagation());
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

function improve(root) {
  root.querySelectorAll("[data-limit]").forEach(count);
  root.querySelectorAll("[data-filter]").forEach(filter);
  root.querySelectorAll(".form-spacer[data-height]").forEach((one) => { one.style.height = `${Number(one.dataset.height)}px`; });
}

export function start(root = document) {
  document.documentElement.dataset.script = "on"; // what only a page without this script needs, goes
  for (const body of root.querySelectorAll("[data-form-body]")) {
    const form = body.closest("form");
    improve(body);
    if (!form) continue;
    keepTyping(form);
    keepDraft(form);
    form.querySelector("[data-announce]")?.focus();
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => start());
else start();
