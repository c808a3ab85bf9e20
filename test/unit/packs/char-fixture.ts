import { type CharInputs, charOffer } from "#core/domain/packs/char.ts";
import { charPack } from "../../../backend/worker/packs/char.ts";
import { context } from "./decision-fixture.ts";

/** What tests read of the pack's data. */
interface Report extends Omit<CharInputs, "png"> {
  png?: { artifact: string; sha256: string; bytes: number };
  features: Record<string, string>;
  colors: Record<string, string>;
  artifact: string;
  sha256: string;
  bytes: number;
  licence: Record<string, string>;
}

const shared = charPack();

/** Runs the pack on inputs that pass its schema; loads no style twice unless given a pack of its own. */
export async function portray(given: unknown, pack = shared) {
  const outcome = await pack.run(charOffer.inputs.parse(given), context());
  if (outcome.kind !== "done") throw new Error(outcome.reason_code);
  const artifact = outcome.artifacts[0];
  if (artifact === undefined || !("text" in artifact)) throw new Error("no text");
  return { ...outcome, data: charOffer.data.parse(outcome.data) as Report, artifact, svg: artifact.text };
}
