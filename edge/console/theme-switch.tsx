import { useState } from "preact/hooks";
import { label } from "./formats.ts";
import { savedTheme, saveTheme, THEMES } from "./theme.ts";

/** Light, dark, or as the system has it. */
export function ThemeSwitch({ auto }: { auto: string }) {
  const [theme, setTheme] = useState(savedTheme);
  return (
    <div class="segments" role="group" aria-label="Appearance">
      {THEMES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={theme === each}
          onClick={() => {
            saveTheme(each);
            setTheme(each);
          }}
        >
          {each === "auto" ? auto : label(each)}
        </button>
      ))}
    </div>
  );
}
