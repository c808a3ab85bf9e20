/** The messages of a process about a request: its work has begun; any number of stages; its end. */
export type WorkMessage<Result> =
  | { readonly kind: "begun" }
  | { readonly kind: "stage"; readonly stage: string }
  | { readonly kind: "ok"; readonly result: Result }
  | { readonly kind: "failed"; readonly error: string };

/** What works on one request; `enter` names the stage that begins, which an error then names. */
export type Work<Request, Result> = (request: Request, enter: (stage: string) => void) => Result | Promise<Result>;

/**
 * Makes this process serve requests of the one that forked it, and end when that one is gone. `load` gets the code that a
 * request needs, before its time begins.
 */
export function serve<Request, Result>(
  work: Work<Request, Result>,
  load: (request: Request) => unknown = () => undefined,
): void {
  const send = (message: WorkMessage<Result>): void => void process.send?.(message);
  const perform = async (request: Request): Promise<Result> => {
    await load(request);
    send({ kind: "begun" });
    return work(request, (stage) => send({ kind: "stage", stage }));
  };
  // What a request is, its sender has parsed.
  process.on("message", (request: Request) => {
    perform(request).then(
      (result) => send({ kind: "ok", result }),
      (error: unknown) => send({ kind: "failed", error: error instanceof Error ? error.name : "unknown" }),
    );
  });
  process.on("disconnect", () => process.exit());
  // A supervisor may signal all processes of a worker that it stops: this one works on until the worker ends it.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => undefined);
}
