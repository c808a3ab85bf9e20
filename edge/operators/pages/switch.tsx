import { Loaded, PageHead, Panel, Time } from "../../console/parts.tsx";
import type { Switch as Answer } from "../answers.ts";
import { useChange } from "../change.tsx";
import { useCommand } from "../operator.ts";

export const MODES: Readonly<Record<Answer["mode"], { readonly short: string; readonly stops: string }>> = {
  normal: { short: "Runs are taken", stops: "Stops nothing: runs are taken." },
  "read-only": {
    short: "New runs are refused",
    stops:
      "Stops new runs, with 503. Runs that exist go on, are read and can be canceled; keys and webhooks can be changed.",
  },
  halt: {
    short: "Changes are refused",
    stops:
      "Stops submits, cancels and changes of keys and webhooks, with 503. A key can still be revoked; runs that exist go on and are read.",
  },
};
const LIVE_MS = 5_000;
const NAMES = ["normal", "read-only", "halt"] as const;

export function Switch() {
  const query = useCommand<Answer>("switch show", {}, LIVE_MS);
  const { ask, dialog } = useChange(query.reload);
  const set = (mode: Answer["mode"]) =>
    ask({
      title: `Set the switch to ${mode}`,
      about: `${MODES[mode].stops} It holds for all tenants, from the next request on.`,
      command: "switch set",
      given: { mode },
      doing: `Set to ${mode}`,
      isDangerous: mode !== "normal",
      hasDryRun: false,
    });
  return (
    <>
      <PageHead title="Switch" about="What is accepted, for all tenants." />
      <Loaded query={query} rows={4}>
        {({ mode, since }) => (
          <div class="modes">
            {NAMES.map((each) => (
              <Panel
                key={each}
                title={each}
                actions={
                  each === mode ? (
                    <span class="muted">
                      Now, since <Time of={since} />
                    </span>
                  ) : (
                    <button
                      type="button"
                      class={each === "normal" ? "small" : "small danger"}
                      onClick={() => set(each)}
                    >
                      Set to {each}
                    </button>
                  )
                }
              >
                <p>{MODES[each].stops}</p>
              </Panel>
            ))}
          </div>
        )}
      </Loaded>
      {dialog}
    </>
  );
}
