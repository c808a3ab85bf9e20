import { Facts, Money, PageHead, Panel } from "../parts.tsx";
import { useQuery, useSession } from "../query.ts";
import { ThemeSwitch } from "../theme-switch.tsx";

export function Settings() {
  const { mode, hint, end } = useSession();
  const budget = useQuery("budget", (dpp, signal) => dpp.budget({ signal }));
  const key = budget.data?.key;
  return (
    <>
      <PageHead title="Settings" />
      <Panel title="Appearance">
        <ThemeSwitch auto="As the system" />
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
