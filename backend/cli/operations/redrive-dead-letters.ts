import { decodeSignal } from "#core/domain/message.ts";
import { Refused, type Report, type StoresOperator } from "../operator.ts";

/** Sends the signals of a run, or of all, to the workers again. Safe at any time: a signal too many decides nothing. */
export async function redriveDeadLetters(operator: StoresOperator, run_id: string | undefined): Promise<Report> {
  const dead = await operator.deadLetters();
  const redriven = await dead.redrive(({ body }) => {
    const signal = decodeSignal(body);
    return signal !== undefined && (run_id === undefined || signal.run_id === run_id);
  });
  if (redriven === 0 && run_id !== undefined) throw new Refused(`there is no dead letter of run ${run_id}`);
  const left = await dead.count();
  return { text: `sent again: ${redriven}; left: about ${left}`, json: { redriven, left } };
}
