/* Copyright (c) 2026, SocialGouv
   GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
"use strict";
(() => {
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const moment = document.querySelector("header time");
  moment.textContent = new Date(moment.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

  const table = document.getElementById("instances");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const natural = new Intl.Collator("en", { numeric: true }).compare;

  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) =>
    head.firstElementChild.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      rows.sort((one, other) => natural(value(one), value(other)) * (up ? 1 : -1));
      body.append(...rows);
    }),
  );

  const field = document.getElementById("filter");
  const chips = [...document.querySelectorAll(".chip")];
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const states = pressed.map((chip) => chip.dataset.state);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word)) || (states.length > 0 && !states.includes(row.dataset.state));
    }
    document.getElementById("none").hidden = rows.some((row) => !row.hidden);
  };
  field.addEventListener("input", show);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
      show();
    });
  }
})();
