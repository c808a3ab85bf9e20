import { stopSignal } from "../drivers/stop-signal.ts";

/** What one image runs, by the first argument. */
const PROGRAMS: Readonly<Record<string, () => Promise<unknown>>> = {
  worker: () => import("../worker/main.ts"),
  reaper: () => import("../reaper/main.ts"),
  migrate: () => import("../migrate/main.ts"),
  dpp: () => import("../cli/main.ts"),
  smoke: async () => {
    const { smoke, smokeTarget } = await import("./smoke.ts");
    await smoke(smokeTarget(process.env)).then(
      (said) => console.log(said),
      (error: unknown) => {
        console.error(error instanceof Error ? error.message : String(error));
        process.exitCode = 1;
      },
    );
  },
};

const [name = ""] = process.argv.splice(2, 1);
const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
if (program === undefined) {
  console.error(`usage: ${Object.keys(PROGRAMS).join(" | ")} [arguments]; got ${JSON.stringify(name)}`);
  process.exitCode = 2;
} else {
  // The first process of a container hears no signal before it listens for it. Only these two listen until they end.
  if (name === "worker" || name === "reaper") stopSignal();
  await program();
}
