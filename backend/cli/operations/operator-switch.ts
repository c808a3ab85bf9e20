import { type OperatorSwitch, readSwitch } from "#core/store/switch/read-switch.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import type { Operator, Report } from "../operator.ts";

export const MEANING: Readonly<Record<OperatorSwitch["mode"], string>> = {
  normal: "runs are taken",
  "read-only": "new runs are refused with 503; runs go on, are read and canceled, and keys and webhooks change",
  halt: "submits, cancels and changes of keys and webhooks are refused with 503, but a key can be revoked; runs go on and are read",
};

function report({ mode, updated_at }: OperatorSwitch): Report {
  const since = updated_at.toISOString();
  return { text: `${mode} since ${since}: ${MEANING[mode]}`, json: { mode, since } };
}

/** Postgres checks the switch at every submit: it has no mirror. */
export const turnSwitch = async ({ db }: Operator, mode: OperatorSwitch["mode"]): Promise<Report> =>
  report(await setSwitch(db, mode));

export const showSwitch = async ({ db }: Operator): Promise<Report> => report(await readSwitch(db));
