import { parseArgs } from "node:util";
import { needed } from "../deploy/programs.ts";
import { Report } from "../referees/report.ts";
import { ACTS } from "./program.ts";
import type { Drill } from "./drill.ts";
import { setStage } from "./stage.ts";

const DIR = ".dev/rehearse";
const USAGE = `usage: npm run rehearse [-- ALERT | RUNBOOK]...

Raises what each alert tells of in a running system, sees it fire, follows its runbook, and sees it clear.`;

const namesOf = ({ alerts, steps }: Drill) => [
  ...alerts.map(({ alert }) => alert),
  ...steps.map(({ runbook }) => runbook),
];

function wantedNames(): readonly string[] {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  const known = new Set(ACTS.flat(2).flatMap(namesOf));
  const unknown = positionals.filter((name) => !known.has(name));
  if (values.help === true || unknown.length > 0) {
    console.log(unknown.length > 0 ? `not known: ${unknown.join(", ")}\n${USAGE}` : USAGE);
    process.exit(unknown.length > 0 ? 2 : 0);
  }
  return positionals;
}

async function main(): Promise<boolean> {
  const names = wantedNames();
  needed("prometheus", "prometheus-alertmanager", "redis-server");
  const isWanted = (drill: Drill) => names.length === 0 || namesOf(drill).some((name) => names.includes(name));
  const report = new Report();
  const began = performance.now();
  const stage = await setStage(DIR);
  const interrupt = () => {
    console.log("interrupted; taking the stage down");
    void stage.close().finally(() => process.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  try {
    for (const act of ACTS) {
      const lanes = act.map((lane) => (lane as readonly Drill[]).filter(isWanted)).filter((lane) => lane.length > 0);
      await Promise.all(
        lanes.map(async (lane) => {
          for (const each of lane) {
            const beside = each.stand_in === undefined ? "" : ` (stands in: ${each.stand_in})`;
            await report.check(`${each.title}${beside}`, () =>
              each.play(stage, (line) => console.log(`        ${line}`)),
            );
          }
        }),
      );
    }
  } finally {
    await stage.close();
  }
  console.log(`\nin ${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
  return report.conclude();
}

process.exitCode = (await main()) ? 0 : 1;
