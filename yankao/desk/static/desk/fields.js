// Fields that answer while one types: the date in full, the amount in words, letters left; rows added; errors focused.
import { all, one } from "./dom.js";

const half = (text) => text.normalize("NFKC").replace(/\s/g, "");
const english = document.documentElement.lang.startsWith("en");

// The full form of a written date, or "" when it is none yet. The server reads many more forms; this only echoes the usual.
export function echoDate(text) {
  const plain = half(text);
  const found =
    plain.match(/^(?:民國)?(\d{1,4})[年./-](\d{1,2})[月./-](\d{1,2})日?$/) ?? plain.match(/^(\d{3})(\d{2})(\d{2})$/);
  if (!found) return "";
  const [given, month, day] = found.slice(1).map(Number);
  const year = given > 999 ? given : given + 1911;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return "";
  if (english) return date.toLocaleDateString("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const rocYear = year > 1911 ? `${year - 1911}` : `前${1912 - year}`;
  return `民國${rocYear}年${month}月${day}日（星期${"日一二三四五六"[date.getUTCDay()]}）`;
}

// An amount of 元 in 億 and 萬, or "" when it cannot be read yet. BigInt, because budgets pass 2^53 in 分 elsewhere.
export function echoMoney(text) {
  const plain = half(text).replace(/[,，元]|NT\$?/g, "");
  const found = plain.match(/^(?:(\d+(?:\.\d{1,8})?)億)?(?:(\d+(?:\.\d{1,4})?)萬)?(\d+)?$/);
  if (!plain || !found) return "";
  const scaled = (part, places) => {
    const [whole, rest = ""] = (part ?? "0").split(".");
    return BigInt(whole + rest.padEnd(places, "0"));
  };
  const amount = scaled(found[1], 8) + scaled(found[2], 4) + BigInt(found[3] ?? "0");
  if (english) return `NT$${amount.toLocaleString("en")}`;
  const pieces = [[amount / 100000000n, "億"], [(amount / 10000n) % 10000n, "萬"], [amount % 10000n, ""]];
  const words = pieces.filter(([n]) => n > 0n).map(([n, unit]) => `${n.toLocaleString("en")}${unit}`).join("");
  return `${words || "0"}元`;
}

const echoes = { date: echoDate, money: echoMoney };

function echo(field) {
  const place = one(`[data-echo-for="${CSS.escape(field.id)}"]`);
  if (place) place.textContent = echoes[field.dataset.echo]?.(field.value) ?? "";
}

function countLeft(area) {
  const place = one(`[data-left-for="${CSS.escape(area.id)}"]`);
  if (place) place.textContent = place.dataset.words.replace("{}", String(area.maxLength - [...area.value].length));
}

function look(root) {
  for (const field of all("[data-echo]", root)) if (field.value) echo(field);
  for (const area of all("textarea[maxlength]", root)) countLeft(area);
  one("[data-errors]", root)?.focus();
}

function addRow(button) {
  const grid = button.closest("[data-rows]");
  const total = one(`[name="${CSS.escape(grid.dataset.rows)}-TOTAL_FORMS"]`);
  const most = one(`[name="${CSS.escape(grid.dataset.rows)}-MAX_NUM_FORMS"]`);
  const pattern = grid.parentElement.querySelector("template");
  if (!total || !pattern || Number(total.value) >= Number(most?.value ?? 1000)) return false;
  const row = pattern.content.cloneNode(true);
  for (const part of all("[name], [id], [for], [aria-describedby]", row))
    for (const name of ["name", "id", "for", "aria-describedby"])
      if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replaceAll("__prefix__", total.value));
  const first = one("input, select, textarea", row);
  grid.tBodies[0].append(row);
  total.value = String(Number(total.value) + 1);
  first?.focus();
  return true;
}

export function startFields() {
  document.addEventListener("input", (event) => {
    if (event.target.dataset?.echo) echo(event.target);
    if (event.target.matches("textarea[maxlength]")) countLeft(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (button && addRow(button)) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => look(document.body));
  look(document.body);
}
