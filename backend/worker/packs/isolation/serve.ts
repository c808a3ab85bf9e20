/** What a process tells of a request: that its work begins; any number of stages; and how it ended. */
export type Told<Answer> =
  | { readonly kind: "begun" }
  | { readonly kind: "stage"; readonly stage: string }
  | { readonly kind: "ok"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly error: string };

/** What works on one request; `enter` names the stage that begins, for whom a failure is told to. */
export type Work<Request, Answer> = (request: Request, enter: (stage: string) => void) => Answer | Promise<Answer>;

/**
 * Makes this process serve requests of the one that forked it, and end when that one is gone. `load` gets the code that a
 * request needs, before its time begins.
 */
export function serve<Request, Answer>(
  work: Work<Request, Answer>,
  load: (request: Request) => unknown = () => undefined,
): void {
  const tell = (told: Told<Answer>): void => void process.send?.(told);
  const perform = async (request: Request): Promise<Answer> => {
    await load(request);
    tell({ kind: "begun" });
    return work(request, (stage) => tell({ kind: "stage", stage }));
  };
  // What a request is, its sender has parsed.
  process.on("message", (request: Request) => {
    perform(request).then(
      (answer) => tell({ kind: "ok", answer }),
      (error: unknown) => tell({ kind: "failed", error: error instanceof Error ? error.name : "unknown" }),
    );
  });
  process.on("disconnect", () => process.exit());
  // A supervisor may signal all processes of a worker that it stops: this one works on until the worker ends it.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => undefined);
}
