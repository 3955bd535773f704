// What makes the pages smoother. Everything works without it.
"use strict";
document.documentElement.classList.add("scripted");

// Times in the browser's own zone, unless the reader chose one.
(() => {
  if (document.body.dataset.zone) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${zone}; Path=/api/manage; Max-Age=31536000; SameSite=Lax${secure}`;
  const lang = document.documentElement.lang === "de" ? "de-DE" : "en-GB";
  const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  const short = new Intl.DateTimeFormat(lang, { ...parts, timeZone: zone });
  const long = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "long", timeZone: zone });
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.textContent = short.format(at);
    time.title = long.format(at);
  }
  const shown = document.getElementById("zone");
  if (shown) shown.textContent = zone;
})();

// The doctor: its steps appear as they end, and what was typed stays.
for (const button of document.querySelectorAll("button[data-doctor]")) {
  button.form.addEventListener("submit", async (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    const form = button.form, place = document.getElementById("doctor"), run = crypto.randomUUID();
    const body = new URLSearchParams(new FormData(form, button));
    body.set("run", run);
    const fresh = (text) => new DOMParser().parseFromString(text, "text/html");
    let over = false;
    button.disabled = true;
    place.replaceChildren();
    place.setAttribute("aria-busy", "true");
    place.scrollIntoView({ block: "nearest" });
    const follow = async () => {
      while (!over) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        const answer = over ? null : await fetch(`${form.dataset.organization}/examinations/${run}`).catch(() => null);
        if (over || !answer || !answer.ok) continue;
        const steps = fresh(await answer.text()).getElementById("steps");
        if (!over && steps && steps.children.length) place.replaceChildren(steps);
      }
    };
    const plainly = () => {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: "test" }));
      form.submit();
    };
    follow();
    try {
      const answer = await fetch(location.href, { method: "POST", body });
      const report = fresh(await answer.text()).getElementById("doctor");
      over = true;
      if (answer.ok && report && report.children.length) {
        place.replaceChildren(...report.children);
        place.focus();
      } else {
        plainly();
      }
    } catch {
      plainly();
    } finally {
      over = true;
      place.removeAttribute("aria-busy");
      button.disabled = false;
    }
  });
}

// The consent link follows what is typed.
(() => {
  const place = document.getElementById("consent");
  if (!place) return;
  const form = place.closest("form"), missing = place.firstElementChild.cloneNode(true), isLink = missing.tagName === "A";
  const authority = () => {
    const host = (form.elements.url.value.match(/^https:\/\/([^/:]+)/) || [])[1] || "";
    if (/\.(us|mil)$/.test(host)) return "https://login.microsoftonline.us";
    return host.endsWith(".cn") ? "https://login.partner.microsoftonline.cn" : "https://login.microsoftonline.com";
  };
  const id = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i, domain = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i;
  const show = () => {
    const tenant = form.elements.tenantId.value.trim(), client = form.elements.clientId.value.trim();
    if (!id.test(client) || !(id.test(tenant) || domain.test(tenant))) {
      if (!isLink) place.replaceChildren(missing);
      return;
    }
    const link = Object.assign(document.createElement("a"), { target: "_blank", rel: "noreferrer noopener" });
    link.href = link.textContent = `${authority()}/${tenant}/adminconsent?client_id=${client}`;
    place.replaceChildren(link);
  };
  for (const name of ["url", "tenantId", "clientId"]) form.elements[name].addEventListener("input", show);
})();

// What a stored secret is bound to has changed: say so before it is saved.
(() => {
  const hint = document.getElementById("bound");
  if (!hint) return;
  const form = hint.closest("form"), names = ["url", "username", "clientId", "tenantId", "authentication", "mailbox"];
  const before = Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
  const look = () => hint.classList.toggle("notice", names.some((name) => form.elements[name].value !== before[name]));
  for (const name of names) form.elements[name].addEventListener("input", look);
})();
