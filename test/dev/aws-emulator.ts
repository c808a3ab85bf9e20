import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildApp } from "fauxqs";
import type { ReceivedRequest } from "./sigv4-check.ts";

const HOP_HEADERS = new Set(["connection", "expect", "keep-alive", "transfer-encoding"]);

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>["stores"]>;

export type AwsEmulator = ReturnType<typeof buildApp>;

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

// The emulator writes an object's data before its description, neither atomically: a kill can leave a torn description,
// of a PUT that nobody was told had succeeded.
function dropTornObjects(dir: string): void {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".meta.json")) continue;
    try {
      JSON.parse(readFileSync(join(dir, name), "utf8"));
    } catch {
      rmSync(join(dir, name));
    }
  }
}

// Neither class is exported, and the exported starter listens on every interface.
async function loadStores(dir: string): Promise<Stores> {
  const load = (path: string): Promise<unknown> => import(new URL(path, import.meta.resolve("fauxqs")).href);
  const { SqsStore } = (await load("sqs/sqsStore.js")) as { SqsStore: new () => Stores["sqsStore"] };
  const { S3Store } = (await load("s3/s3Store.js")) as { S3Store: new () => Stores["s3Store"] };
  type Persistence = NonNullable<Stores["s3Store"]["persistence"]> & { loadS3(store: Stores["s3Store"]): void };
  const { FileS3Persistence } = (await load("s3/fileS3Persistence.js")) as {
    FileS3Persistence: new (dir: string) => Persistence;
  };
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  dropTornObjects(dir);
  const s3Store = new S3Store();
  const files = new FileS3Persistence(dir);
  files.loadS3(s3Store);
  s3Store.persistence = files;
  const sqsStore = new SqsStore();
  // Without a host of its own, queue URLs name the host that the request came to.
  sqsStore.host = "";
  return { sqsStore, s3Store } as Stores;
}

/** SQS in memory and S3 in `dir`, neither listening anywhere. */
export async function loadEmulator(dir: string, region: string): Promise<AwsEmulator> {
  const app = buildApp({ logger: false, defaultRegion: region, stores: await loadStores(dir) });
  await app.ready();
  return app;
}

export async function forward(app: AwsEmulator, request: ReceivedRequest, method = request.method): Promise<Reply> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !HOP_HEADERS.has(name)),
  ) as Record<string, string>;
  const result = await app.inject({
    method: method as "GET",
    url: request.target,
    headers,
    ...(request.body.length > 0 && { payload: request.body }),
  });
  const replied = Object.entries(result.headers).filter(([name]) => !HOP_HEADERS.has(name));
  return {
    status: result.statusCode,
    headers: Object.fromEntries(replied) as Record<string, string>,
    body: result.rawPayload,
  };
}
