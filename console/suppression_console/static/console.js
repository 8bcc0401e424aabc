// What the pages do beyond HTML and htmx. Without it everything still works.
"use strict";

// One box selects or deselects all boxes of its form.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement)) return;
  const form = box.form;
  if (box.matches("[data-select-all]")) {
    for (const each of form.querySelectorAll("input[name=entry]")) each.checked = box.checked;
  }
  if (box.matches("[data-select-all], input[name=entry]")) {
    const chosen = form.querySelectorAll("input[name=entry]:checked").length;
    for (const each of document.querySelectorAll("[data-chosen]")) each.textContent = chosen ? ` (${chosen})` : "";
  }
});

// A file can be dropped anywhere in its field.
for (const field of document.querySelectorAll(".drop")) {
  field.addEventListener("dragover", (event) => event.preventDefault());
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) field.querySelector("input").files = event.dataTransfer.files;
  });
}

// "/" goes to the search, as in many web pages.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
  const search = document.querySelector("form[role=search] input:not([type=hidden])");
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});
