import { z } from "zod";
import { uuid } from "./ids.ts";

/** The wake-up signal in SQS: it names a run and decides nothing. */
const runSignal = z.object({ run_id: uuid, traceparent: z.string().max(55) });
export type RunSignal = z.infer<typeof runSignal>;

export const encodeSignal = (signal: RunSignal): string => JSON.stringify(signal);

/** The signal in a message body; undefined for anything else. */
export function decodeSignal(body: string): RunSignal | undefined {
  try {
    return runSignal.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
