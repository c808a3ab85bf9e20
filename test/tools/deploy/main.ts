import { Report } from "../referees/report.ts";
import { type Engine, openEngine } from "./engine.ts";
import { checkCompose } from "./compose.ts";
import { checkEdge } from "./edge.ts";
import { checkImage } from "./image.ts";
import { checkManifests } from "./manifests.ts";
import { needed } from "./programs.ts";
import { checkRules } from "./rules.ts";

interface Part {
  readonly needs: readonly string[];
  check(report: Report, engine: Engine): Promise<void>;
}

const PARTS: Readonly<Record<string, Part>> = {
  rules: { needs: ["promtool", "amtool"], check: checkRules },
  manifests: { needs: ["tar"], check: checkManifests },
  edge: { needs: [], check: checkEdge },
  image: { needs: ["buildah", "podman", "runc", "redis-server"], check: checkImage },
  compose: {
    needs: [
      "buildah",
      "podman",
      "runc",
      "docker-compose",
      "redis-server",
      "redis-cli",
      "prometheus",
      "prometheus-alertmanager",
    ],
    check: checkCompose,
  },
};

const USAGE = `usage: npm run deploy:check [-- ${Object.keys(PARTS).join(" | ")}]...`;

async function main(names: readonly string[]): Promise<boolean> {
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    console.error(USAGE);
    process.exit(2);
  }
  const parts = Object.entries(PARTS).filter(([name]) => names.length === 0 || names.includes(name));
  const report = new Report();
  const engine = openEngine();
  try {
    for (const [name, { needs, check }] of parts) {
      console.log(`\n${name}`);
      await report.check(`${name}: all of it was checked`, async () => {
        needed(...needs);
        await check(report, engine);
      });
    }
  } finally {
    engine.close();
  }
  return report.conclude();
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
