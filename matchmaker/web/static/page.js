// Small comforts; every page works without them.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const trouble = document.getElementById("trouble") || document.getElementById("effect");
  if (trouble) trouble.focus();
  const menu = document.querySelector(".menu"), here = menu && menu.querySelector(":scope > [aria-current]");
  if (here) menu.scrollLeft = here.offsetLeft - menu.clientWidth / 2;
  for (const form of document.querySelectorAll("form")) {
    form.noValidate = true;
    if (form.method === "post") form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      setTimeout(() => delete form.dataset.sent, 5000);
    });
  }
  for (const select of document.querySelectorAll("form.filters select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const said = document.getElementById("saved");
    let soon;
    const save = async () => {
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), redirect: "manual" });
        said.textContent = answer.ok ? await answer.text() : said.dataset.lost;
      } catch { said.textContent = said.dataset.lost; }
    };
    form.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(save, 700); });
    form.addEventListener("submit", () => { clearTimeout(soon); history.replaceState(null, "", form.action); });
  }
  for (const typed of document.querySelectorAll("form[data-tries]")) {
    let waiting, asked = 0;
    const ask = async () => {
      const number = ++asked;
      const answer = await fetch(typed.dataset.tries, {method: "POST", body: new FormData(typed)});
      if (answer.ok && number === asked) document.getElementById(typed.dataset.into).innerHTML = await answer.text();
    };
    typed.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 400);
    });
    ask();
  }
  for (const spot of document.querySelectorAll("[data-polls]")) {
    const poll = async () => {
      const answer = await fetch(spot.dataset.polls).catch(() => null);
      if (answer && answer.status === 204) return location.reload();
      if (answer && answer.ok) spot.innerHTML = await answer.text();
      setTimeout(poll, 1500);
    };
    setTimeout(poll, 1500);
  }
  const other = document.querySelector("a.switch");
  keepTyped(other);
  const form = document.querySelector("form[data-keeps]");
  if (other && form) other.addEventListener("click", (event) => {
    event.preventDefault();
    const input = document.createElement("input");
    input.type = "hidden"; input.name = "switch_to"; input.value = other.href;
    form.append(input);
    form.submit();
  });
});
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
// The switch of language is a link: what has been typed goes along in this tab, but for passwords and files.
// A form marked data-keeps is sent to the server instead, which reads it in the other language.
function keepTyped(other) {
  const inputs = [...document.querySelectorAll("main form[method=post]:not([data-keeps])")].flatMap((form) => [...form.elements])
    .filter((one) => one.name && !["hidden", "password", "file", "submit"].includes(one.type));
  const left = JSON.parse(sessionStorage.getItem("typed"));
  sessionStorage.removeItem("typed");
  if (left && left.path === location.pathname && left.values.length === inputs.length) inputs.forEach((one, at) => {
    const [value, checked] = left.values[at];
    if (one.value === value && one.checked === checked) return;
    one.value = value;
    one.checked = checked;
    one.closest("details")?.setAttribute("open", "");
  });
  if (other) other.addEventListener("click", () => {
    const values = inputs.map((one) => [one.value, one.checked]);
    sessionStorage.setItem("typed", JSON.stringify({ path: new URL(other.href).pathname, values }));
  });
}
