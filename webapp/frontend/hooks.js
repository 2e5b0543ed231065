// One function per data- hook.

/** `data-confirm="question"` on a form or its button: ask before it is sent. */
export function confirmations(root) {
  root.addEventListener("submit", (event) => {
    const asked = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (asked && !window.confirm(asked)) event.preventDefault();
  });
}

/** `details[data-menu]`: closes when one clicks elsewhere or presses Escape. */
export function closeMenus(root) {
  const close = (except) => {
    for (const menu of root.querySelectorAll("details[data-menu][open]")) if (!menu.contains(except)) menu.open = false;
  };
  root.addEventListener("click", (event) => close(event.target));
  root.addEventListener("keydown", (event) => event.key === "Escape" && close(null));
}

/** `data-diagram`: a wide diagram opens with its current step in sight. */
export function centreDiagrams(root) {
  const centre = (frame) => {
    const current = frame.querySelector(".mark-incident, .mark-active");
    if (!current || !frame.clientWidth) return;
    const box = current.getBoundingClientRect();
    const outer = frame.getBoundingClientRect();
    frame.scrollLeft += box.left + box.width / 2 - outer.left - outer.width / 2;
    frame.scrollTop += box.top + box.height / 2 - outer.top - outer.height / 2;
  };
  for (const frame of root.querySelectorAll("[data-diagram]")) {
    centre(frame);
    frame.closest("details")?.addEventListener("toggle", () => centre(frame));
  }
}

/** `form[data-once]`: a second click while the first is on its way sends nothing. */
export function once(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]") || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  });
}
