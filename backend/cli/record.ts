import type { Command } from "commander";
import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import {
  type ActionOutcome,
  beginAction,
  endAction,
  type OperatorAction,
} from "#core/store/operators/record-action.ts";
import { Refused, type Report } from "./operator.ts";

/** Answers above it are not kept. */
const MAX_ANSWER_BYTES = 65_536;

/** What a command line is about to change, for the record. */
export function actionOf(command: Command, operator: string): OperatorAction {
  const { json: _, reason, note, dryRun: __, ...options } = command.opts<Record<string, unknown>>();
  const given = command.registeredArguments.map((argument, index) => [argument.name(), command.processedArgs[index]]);
  const why = [reason, note].find((text) => typeof text === "string");
  return {
    operator,
    command: nameOf(command),
    arguments: { ...Object.fromEntries(given), ...options },
    reason: typeof why === "string" ? why : undefined,
  };
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

/**
 * Runs a change between its two records. What cannot be recorded is not begun; a change that was done stays done, and is
 * reported, where its end cannot be recorded.
 */
export async function recorded(
  { db, warn }: { readonly db: Db; readonly warn: (line: string) => void },
  action: OperatorAction,
  operation: () => Promise<Report>,
): Promise<Report> {
  const action_id = await beginAction(db, action);
  const end = (outcome: ActionOutcome, result: unknown) =>
    endAction(db, action_id, outcome, result).catch(() =>
      warn(`how it ended was not recorded: see \`dpp actions list\`, number ${action_id}`),
    );
  try {
    const report = await operation();
    await end("done", kept(report.json));
    return report;
  } catch (error) {
    // Where the outcome is unknown, the record says none.
    if (error instanceof Outage) throw error;
    if (error instanceof Refused) await end("refused", { message: error.message });
    else await end("failed", { message: error instanceof Error ? error.name : "unknown" });
    throw error;
  }
}

/** Without the API key, which is shown once and never stored. */
function kept(result: unknown): unknown {
  const text = JSON.stringify(result, (name, value: unknown) => (name === "api_key" ? undefined : value));
  return Buffer.byteLength(text) > MAX_ANSWER_BYTES ? { bytes: Buffer.byteLength(text) } : JSON.parse(text);
}
