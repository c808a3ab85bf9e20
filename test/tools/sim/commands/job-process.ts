import { doJob, jobSpec } from "../job.ts";

const REPORT_EVERY_MS = 500;

process.once("message", (message) => {
  const spec = jobSpec.parse(message);
  let reported_ms = 0;
  const send = (kind: "progress" | "done", tally: Awaited<ReturnType<typeof doJob>>) =>
    process.send?.({ kind, tally: { ...tally, met: [...tally.met] } });
  doJob(spec, (tally) => {
    if (performance.now() - reported_ms < REPORT_EVERY_MS) return;
    reported_ms = performance.now();
    send("progress", tally);
  }).then(
    (tally) => {
      send("done", tally);
      process.disconnect();
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(3);
    },
  );
});
