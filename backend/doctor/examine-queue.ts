import { z } from "zod";
import type { QueueInspector } from "#core/ports/doctor.ts";
import { Doubt, type Examination, Skip } from "./examination.ts";
import { UnusableStore } from "./unusable-store.ts";

const DAY_SECONDS = 86_400;
/** Workers that stop or crash each take one of these. */
const FEWEST_RECEIVES = 5;

const redrivePolicy = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() });
type Attributes = Readonly<Record<string, string>>;

/** `dead_letters` is undefined where no such queue is named. */
export function queueChecks(queue: QueueInspector, dead_letters: QueueInspector | undefined): readonly Examination[] {
  return [
    { check: "queue answers", run: async () => kind(await queue.attributes()) },
    { check: "queue gives up on messages", run: async () => redrive(await queue.attributes(), dead_letters) },
    { check: "queue keeps messages", run: async () => retention(await queue.attributes(), dead_letters) },
  ];
}

function kind({ FifoQueue, QueueArn = "" }: Attributes): string {
  if (FifoQueue === "true")
    throw new UnusableStore("a FIFO queue: signals carry no message group, so none can be sent");
  return `standard, ${QueueArn.split(":").at(-1) ?? ""}`;
}

async function redrive({ RedrivePolicy }: Attributes, dead_letters: QueueInspector | undefined): Promise<string> {
  if (RedrivePolicy === undefined)
    throw new Doubt("no redrive policy: a message that nobody can read is received until it expires");
  const { deadLetterTargetArn, maxReceiveCount } = redrivePolicy.parse(JSON.parse(RedrivePolicy));
  if (maxReceiveCount < FEWEST_RECEIVES)
    throw new Doubt(`maxReceiveCount is ${maxReceiveCount}: below ${FEWEST_RECEIVES}, restarts make dead letters`);
  if (dead_letters === undefined) throw new Doubt("SQS_DLQ_URL is not set: dead letters are not watched");
  const { QueueArn } = await dead_letters.attributes();
  if (QueueArn !== deadLetterTargetArn)
    throw new UnusableStore("SQS_DLQ_URL is not the queue that the redrive policy names");
  return `after ${maxReceiveCount} receives`;
}

async function retention(attributes: Attributes, dead_letters: QueueInspector | undefined): Promise<string> {
  const kept = Number(attributes["MessageRetentionPeriod"] ?? 0);
  if (kept < DAY_SECONDS) throw new Doubt(`messages are kept ${kept} s: less than a day`);
  if (dead_letters === undefined) throw new Skip(`messages ${kept} s; SQS_DLQ_URL is not set`);
  const letters = Number((await dead_letters.attributes())["MessageRetentionPeriod"] ?? 0);
  // A letter keeps the time at which its message was sent.
  if (letters <= kept) throw new Doubt(`dead letters are kept ${letters} s, messages ${kept} s: letters vanish early`);
  return `messages ${kept} s, dead letters ${letters} s`;
}
