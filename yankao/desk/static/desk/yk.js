// Entry of the desk's behaviour. Every page works without it; nothing here writes HTML: fragments go through htmx.
import { startFields } from "./fields.js";
import { startKeys } from "./keys.js";
import { startLists } from "./lists.js";
import { startPopover } from "./popover.js";
import { startToasts } from "./toasts.js";

document.documentElement.classList.add("js");
startLists();
startFields();
startPopover();
startToasts();
startKeys();
