/** Light, dark, or as the system has it. No secret, so it is kept beyond the tab. */
const NAME = "decisionproof.theme";
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function savedTheme(): Theme {
  const saved = localStorage.getItem(NAME);
  return THEMES.find((theme) => theme === saved) ?? "auto";
}

export function applyTheme(theme: Theme = savedTheme()): void {
  document.documentElement.dataset["theme"] = theme;
}

export function saveTheme(theme: Theme): void {
  if (theme === "auto") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, theme);
  applyTheme(theme);
}
