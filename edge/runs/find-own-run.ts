import { z } from "zod";
import type { RunView } from "#core/domain/run-view.ts";
import type { Db } from "#core/ports/db.ts";
import { findRun, findRunWithInputs, type FoundRun } from "#core/store/runs/find-run.ts";
import type { Gate } from "../admission/gate.ts";
import { runNotFound } from "./problems.ts";

/** The run of this id, if it is the caller's. Nobody learns whether another's exists. */
export async function findOwnRun(
  { caller, read }: Gate,
  { db }: { readonly db: Db },
  run_id: string,
): Promise<FoundRun> {
  const found = await read(() => findRun(db, caller.key_sha256, run_id));
  if (found.kind !== "found") throw runNotFound();
  return found.run;
}

/** The same with what was submitted; null once it is deleted. */
export async function findOwnRunWithInputs(
  { caller, read }: Gate,
  { db }: { readonly db: Db },
  run_id: string,
): Promise<RunWithInputs> {
  const found = await read(() => findRunWithInputs(db, caller.key_sha256, run_id));
  if (found.kind !== "found") throw runNotFound();
  return withInputs(found);
}

export interface RunWithInputs {
  readonly run: FoundRun;
  readonly inputs: NonNullable<RunView["inputs"]> | null;
}

export const withInputs = ({
  run,
  inputs,
}: {
  readonly run: FoundRun;
  readonly inputs: string | null;
}): RunWithInputs => ({
  run,
  inputs: inputs === null ? null : submitted.parse(JSON.parse(inputs)),
});

const submitted = z.record(z.string(), z.unknown());
