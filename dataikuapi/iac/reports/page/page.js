"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const form = find("filters");
  if (!form) return;
  const list = find("list");
  const entries = [...list.children];
  const boxes = [...form.querySelectorAll("[name=severity]")];
  const texts = new Map();

  // What is in folded parts counts too; it is read when somebody first searches.
  const textOf = (entry) => {
    if (!texts.has(entry)) texts.set(entry, entry.textContent.toLowerCase());
    return texts.get(entry);
  };

  const filter = () => {
    const words = find("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const project = find("project").value;
    const type = find("type").value;
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const entry of entries) {
      const { severity, projects, types } = entry.dataset;
      entry.hidden = !(
        severities.has(severity) &&
        (!project || projects.split(" ").includes(project)) &&
        (!type || types.split(" ").includes(type)) &&
        words.every((word) => textOf(entry).includes(word))
      );
      if (!entry.hidden) shown += 1;
    }
    list.removeAttribute("aria-busy");
    const count = (number) => number.toLocaleString("en");
    find("matches").textContent =
      shown === entries.length
        ? `all ${count(shown)} shown`
        : `${count(shown)} of ${count(entries.length)} shown`;
  };

  let timer = 0;
  const soon = (delay) => {
    list.setAttribute("aria-busy", "true");
    clearTimeout(timer);
    timer = setTimeout(filter, delay);
  };

  const fold = (isOpen) => {
    for (const entry of entries) if (!entry.hidden) entry.open = isOpen;
  };

  const follow = () => {
    const entry = find(decodeURIComponent(location.hash.slice(1)));
    if (!entry || entry.parentElement !== list) return;
    if (entry.hidden) {
      form.reset();
      filter();
    }
    entry.open = true;
    entry.firstElementChild.focus();
    entry.scrollIntoView();
  };

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const entry of closed) entry.open = true;
  });
  addEventListener("afterprint", () => {
    for (const entry of closed) entry.open = false;
    closed = [];
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => soon(120));
  form.addEventListener("change", () => soon(0)); // All that some tools send.
  form.addEventListener("reset", () => soon(0));
  find("unfold").addEventListener("click", () => fold(true));
  find("fold").addEventListener("click", () => fold(false));
  addEventListener("hashchange", follow);
  // A second click on the same link changes no address.
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#change-']");
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  form.hidden = false;
  filter();
  follow();
})();
