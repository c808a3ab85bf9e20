import { useState } from "preact/hooks";
import { label } from "../formats.ts";
import { Facts, Money, PageHead, Panel } from "../parts.tsx";
import { useQuery, useSession } from "../query.ts";
import { savedTheme, saveTheme, THEMES } from "../theme.ts";

export function Settings() {
  const [theme, setTheme] = useState(savedTheme);
  const { mode, hint, end } = useSession();
  const budget = useQuery("budget", (dpp, signal) => dpp.budget({ signal }));
  const key = budget.data?.key;
  return (
    <>
      <PageHead title="Settings" />
      <Panel title="Appearance">
        <div class="segments" role="group" aria-label="Theme">
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
              {each === "auto" ? "As the system" : label(each)}
            </button>
          ))}
        </div>
      </Panel>
      <Panel
        title="API key in use"
        actions={
          <button type="button" class="small" onClick={() => end()}>
            Sign out
          </button>
        }
      >
        <Facts
          of={[
            ["Key", <code>…{hint}</code>],
            ["Mode", mode === "live" ? "Live" : "Test"],
            key && ["Spending cap", <Money of={key.cap_usd} />],
            key && ["Left of it", <Money of={key.available_usd} />],
            ["Kept", "In this tab only, until you sign out or 30 minutes pass without use"],
          ]}
        />
      </Panel>
    </>
  );
}
