import { until } from "../deploy/programs.ts";
import type { AlertName } from "./alerting.ts";
import type { Stage } from "./stage.ts";

/** One numbered step of a runbook's section "Act", followed. */
interface Step<Context> {
  /** The runbook's file, without its ending. */
  readonly runbook: string;
  readonly act: number;
  follow(stage: Stage, context: Context): Promise<unknown>;
}

interface Script<Context> {
  readonly title: string;
  /** Those of rules.yml that must fire; none for an incident that no alert tells of. */
  readonly alerts: readonly AlertName[];
  /** What stands here for something that this machine has not. */
  readonly stand_in?: string;
  raise(stage: Stage): Promise<Context>;
  readonly steps: readonly Step<Context>[];
  /** Ends what `raise` began and no step did, also where one failed. */
  end?(context: Context): void;
  /** What must hold in the end beside the alerts' ending; throws unless it does. */
  over?(stage: Stage, context: Context): Promise<unknown>;
}

export interface Drill {
  readonly title: string;
  readonly alerts: readonly AlertName[];
  readonly stand_in: string | undefined;
  readonly steps: readonly { readonly runbook: string; readonly act: number }[];
  /** One line for each alert, or for the incident. Throws where something does not happen. */
  play(stage: Stage, print: (line: string) => void): Promise<void>;
}

const since = (from: number) => `${((performance.now() - from) / 1_000).toFixed(0)} s`;

const nameOf = ({ alert, labels }: AlertName) =>
  labels === undefined ? alert : `${alert} of ${Object.values(labels).join(", ")}`;

/** Raises a condition, sees its alerts fire, follows the runbooks, and sees them clear. */
export function drill<Context>(script: Script<Context>): Drill {
  const { title, alerts, steps } = script;
  return {
    title,
    alerts,
    stand_in: script.stand_in,
    steps,
    play: async (stage, print) => {
      const context = await script.raise(stage);
      try {
        await playRaised(stage, print, context);
      } finally {
        script.end?.(context);
      }
    },
  };

  async function playRaised(stage: Stage, print: (line: string) => void, context: Context): Promise<void> {
    const raised = performance.now();
    const fired = await Promise.all(
      alerts.map(async (alert) => {
        await awaits(stage, alert, true);
        return since(raised);
      }),
    );
    for (const step of steps) {
      await step.follow(stage, context).catch((error: unknown) => {
        throw new Error(`${title}: step ${step.act} of ${step.runbook} failed`, { cause: error });
      });
    }
    const followed = performance.now();
    const done = steps.map(({ runbook, act }) => `${runbook} ${act}`).join(", ");
    await Promise.all(
      alerts.map(async (alert, at) => {
        await awaits(stage, alert, false);
        print(`${nameOf(alert)}: raised, fired after ${fired[at]}, steps ${done}, cleared after ${since(followed)}`);
      }),
    );
    await script.over?.(stage, context);
    if (alerts.length === 0) print(`${title}: raised, steps ${done}, over after ${since(raised)}`);
  }
}

async function awaits({ alerting }: Stage, alert: AlertName, wanted: boolean): Promise<void> {
  await until(
    () => alerting.fires(alert),
    (fires) => fires === wanted,
  ).catch((error: unknown) => {
    throw new Error(`${nameOf(alert)} ${wanted ? "does not fire" : "does not clear"}`, { cause: error });
  });
}

/** Throws unless it holds. */
export function held(it: boolean, what: string): void {
  if (!it) throw new Error(`expected: ${what}`);
}
