import { sha256Hex } from "#core/domain/hash.ts";
import { decodeSignal } from "#core/domain/message.ts";
import type { DeadLetter } from "#core/ports/queue.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import type { Operator, Report, StoresOperator } from "../operator.ts";
import { table } from "../text.ts";

const MOST = 100;

/** Lists up to a hundred, each with the present state of its run, and leaves them in the queue. */
export async function reportDeadLetters(operator: StoresOperator): Promise<Report> {
  const dead = await operator.deadLetters();
  const count = await dead.count();
  const letters = await Promise.all((await dead.peek(MOST)).map((letter) => described(operator, letter)));
  const rows = letters.map((letter) => [
    "run_id" in letter ? letter.run_id : `no signal: ${letter.bytes} bytes, sha256 ${letter.sha256}`,
    "run_id" in letter ? letter.status : "",
    String(letter.times_received),
    letter.sent_at.toISOString(),
  ]);
  const more = count > letters.length ? `\nabout ${count} in all` : "";
  return {
    text:
      rows.length === 0
        ? "there is no dead letter"
        : `${table(["run", "status", "times received", "sent"], rows)}${more}`,
    json: { count, dead_letters: letters },
  };
}

/** A message that is no signal may hold anything: only its hash is printed. */
async function described({ db }: Operator, { body, ...letter }: DeadLetter) {
  const signal = decodeSignal(body);
  if (signal === undefined) return { ...letter, bytes: new TextEncoder().encode(body).length, sha256: sha256Hex(body) };
  const run = await showRun(db, signal.run_id);
  return { ...letter, run_id: signal.run_id, status: run === undefined ? "no such run" : run.status };
}
