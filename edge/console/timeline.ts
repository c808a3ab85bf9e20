import type { Run } from "../client/client.ts";
import { duration } from "./formats.ts";

export interface Step {
  readonly name: string;
  readonly at?: string | undefined;
  readonly note?: string | undefined;
  readonly state: "done" | "good" | "bad" | "coming";
}

type Timed = Pick<Run, "status" | "money_state" | "created_at" | "started_at" | "finished_at" | "attempt">;

const ENDS: Readonly<Record<string, readonly [name: string, state: Step["state"]]>> = {
  COMPLETED: ["Completed", "good"],
  FAILED: ["Failed", "bad"],
  CANCELED: ["Canceled", "done"],
  EXPIRED: ["Ended", "done"],
};

const between = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from));

/** What happened to a run, in order, and what is next. */
export function stepsOf({ status, money_state, created_at, started_at, finished_at, attempt }: Timed): readonly Step[] {
  const steps: Step[] = [
    { name: "Accepted", at: created_at, state: "done", note: "Its cap is held from the balance." },
  ];
  if (started_at !== null) {
    const tries = attempt > 1 ? `Attempt ${attempt}. ` : "";
    steps.push({
      name: "Started",
      at: started_at,
      state: "done",
      note: `${tries}Waited ${between(created_at, started_at)}.`,
    });
  }
  if (money_state === "AUDIT_REQUIRED")
    return [
      ...steps,
      {
        name: "Under review",
        state: "bad",
        note: "What is stored of this run contradicts itself. A person decides; until then nothing moves.",
      },
    ];
  const end = ENDS[status];
  if (end !== undefined) {
    const [name, state] = end;
    const note =
      started_at !== null && finished_at !== null
        ? `Worked for ${between(started_at, finished_at)}.`
        : "Work had not begun.";
    return [...steps, { name, at: finished_at ?? undefined, state, note }];
  }
  if (started_at === null || status === "QUEUED")
    return [
      ...steps,
      { name: status === "QUEUED" && attempt > 0 ? "Waiting to start again" : "Waiting to start", state: "coming" },
    ];
  return [...steps, { name: "At work", state: "coming" }];
}
