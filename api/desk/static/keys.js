// Keys for those who work all day in lists. None of them decides anything; each can be switched off.
"use strict";
(() => {
  const OFF = "desk-keys-off";
  const off = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
  const rows = () => [...document.querySelectorAll("main tbody th a[href]")];
  const step = (by) => {
    const links = rows();
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)];
    if (next) next.focus();
  };
  const keys = {
    "/": () => {
      const field = document.querySelector("form[method=get] input:not([type=checkbox]):not([type=hidden])");
      if (field) field.focus(); else location.assign("/desk/cases");
    },
    j: () => step(1),
    k: () => step(-1),
    n: () => location.assign("/desk/tasks/next" + (document.body.dataset.case ? "?after=" + document.body.dataset.case : "")),
    "?": () => {
      const help = document.getElementById("help");
      if (!help) { location.assign("/desk/keys"); return; }
      help.open = !help.open;
      help.querySelector("summary").focus();
    },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (typing || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || off()) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  // A phrase goes into its field at once; without a script its button does it.
  for (const choice of document.querySelectorAll("select[data-into]")) {
    const field = document.getElementById(choice.dataset.into);
    const button = choice.parentElement.querySelector("button");
    if (!field || !button) continue;
    button.addEventListener("click", (event) => {
      event.preventDefault();
      if (!choice.value) return;
      field.value = [field.value.trimEnd(), choice.value].filter(Boolean).join("\n");
      choice.value = "";
      field.focus();
    });
  }
  const button = document.getElementById("keys-switch");
  if (button) {
    const show = () => { button.textContent = off() ? "打开快捷键" : "关闭快捷键"; };
    button.hidden = false;
    show();
    button.addEventListener("click", () => { localStorage.setItem(OFF, off() ? "0" : "1"); show(); });
  }
})();
