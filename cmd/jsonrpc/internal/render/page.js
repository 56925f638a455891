"use strict";
const filter = document.getElementById("filter");
const items = [...document.querySelectorAll("#list li")];
filter.hidden = items.length < 8;
filter.addEventListener("input", () => {
  const word = filter.value.trim().toLowerCase();
  for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(word);
});
