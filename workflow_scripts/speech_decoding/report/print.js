// On paper, everything is open but the pictures of recordings.
addEventListener("beforeprint", () => {
  for (const closed of document.querySelectorAll("main details:not([open], .picture)")) {
    closed.open = true;
    closed.dataset.forPrint = "";
  }
});
addEventListener("afterprint", () => {
  for (const opened of document.querySelectorAll("details[data-for-print]")) {
    opened.open = false;
    delete opened.dataset.forPrint;
  }
});
