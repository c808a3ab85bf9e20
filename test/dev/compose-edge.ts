import { once } from "node:events";
import { stopSignal } from "../../backend/drivers/stop-signal.ts";
import { bundleEdge } from "./bundle-edge.ts";
import { startEdge } from "./edge.ts";
import { keptReceiptKey } from "./receipt-key.ts";

// The container `edge` of backend/deploy/compose.yaml: the Worker in workerd, with bindings from the environment.

const PORT = 8787;
const BINDINGS = /^(DPP_(?!DEV_DIR)\w+|DATABASE_URL|NEON_HTTP|UPSTASH_\w+|AWS_\w+|OTEL_\w+|SQS_QUEUE_URL|S3_\w+)$/;

const stop = stopSignal();
const given = Object.entries(process.env).flatMap(([name, value]) =>
  BINDINGS.test(name) && value !== undefined && value !== "" ? [[name, value] as const] : [],
);
const edge = await startEdge({
  script: await bundleEdge(),
  host: "0.0.0.0",
  port: PORT,
  bindings: {
    DPP_RECEIPT_KEY: await keptReceiptKey(`${process.env["DPP_DEV_DIR"] ?? ".dev"}/receipt-key.json`),
    ...Object.fromEntries(given),
  },
  log: (line) => console.log(line),
});
console.log("the edge is up");
if (!stop.aborted) await once(stop, "abort");
await edge.dispose();
