import { serve } from "../../../../backend/worker/packs/isolation/serve.ts";

/** What a pack's work may do instead of working. */
const DEEDS = {
  answers: () => "sound",
  hangs: () => new Promise(() => undefined),
  spins: () => {
    for (;;);
  },
  fills_the_heap: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  },
  fills_buffers: () => {
    const kept: Buffer[] = [];
    for (;;) kept.push(Buffer.alloc(8_000_000, 1));
  },
  exits: () => process.exit(0),
  kills_itself: () => process.kill(process.pid, "SIGKILL"),
  is_sent_signals: async () => {
    process.kill(process.pid, "SIGTERM");
    process.kill(process.pid, "SIGINT");
    await new Promise((resolve) => setImmediate(resolve));
    return "sound";
  },
  recurses: () => {
    const deeper = (): number => deeper() + 1;
    return deeper();
  },
  throws_null: () => {
    throw null;
  },
  throws_what_cannot_be_described: () => {
    throw Object.create(null);
  },
  throws_later: () => {
    setImmediate(() => {
      throw undefined;
    });
    return new Promise(() => undefined);
  },
  rejects_later: () => {
    setImmediate(() => void Promise.reject(new Error("nobody waits")));
    return new Promise(() => undefined);
  },
  writes_a_file: async () => {
    const { writeFile } = await import("node:fs/promises");
    return writeFile(new URL("left-behind", import.meta.url), "x");
  },
  reads_its_parent: async () => {
    const { readFile } = await import("node:fs/promises");
    return (await readFile(`/proc/${process.ppid}/environ`)).length;
  },
  starts_a_process: async () => {
    const { execFileSync } = await import("node:child_process");
    return execFileSync("/bin/true");
  },
  reads_the_environment: () => Object.keys(process.env).filter((name) => !name.startsWith("NODE_")),
} as const;

export type Deed = keyof typeof DEEDS;

serve(({ deed }: { readonly deed: Deed }) => DEEDS[deed]() as unknown);
