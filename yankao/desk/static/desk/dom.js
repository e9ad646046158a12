// Small words used by the other modules.
export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Whether the person is writing: a single key is then text, never a command. 229 is what browsers send while an input
// method (zhuyin, cangjie) is choosing a character.
export const writing = (event) =>
  event.isComposing || event.keyCode === 229 || event.target.closest?.("input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select, [contenteditable]") !== null;

export const plainClick = (event) =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
