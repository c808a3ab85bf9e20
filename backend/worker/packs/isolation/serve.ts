/** What a process tells of a request: any number of stages, then one of the others. */
export type Told<Answer> =
  | { readonly kind: "stage"; readonly stage: string }
  | { readonly kind: "ok"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly error: string };

/** What works on one request; `enter` names the stage that begins, for whom a failure is told to. */
export type Work<Request, Answer> = (request: Request, enter: (stage: string) => void) => Answer | Promise<Answer>;

/** Makes this process serve requests of the one that forked it, and end when that one is gone. */
export function serve<Request, Answer>(work: Work<Request, Answer>): void {
  const tell = (told: Told<Answer>): void => void process.send?.(told);
  // What a request is, its sender has parsed.
  process.on("message", (request: Request) => {
    new Promise<Answer>((resolve) => resolve(work(request, (stage) => tell({ kind: "stage", stage })))).then(
      (answer) => tell({ kind: "ok", answer }),
      (error: unknown) => tell({ kind: "failed", error: error instanceof Error ? error.name : "unknown" }),
    );
  });
  process.on("disconnect", () => process.exit());
}
