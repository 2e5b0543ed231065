// JavaScript only improves pages that already work without it.
import "htmx.org";
import "./form.js";
import { confirmations, closeMenus, centreDiagrams, once } from "./hooks.js";

for (const hook of [confirmations, closeMenus, centreDiagrams, once]) hook(document);
