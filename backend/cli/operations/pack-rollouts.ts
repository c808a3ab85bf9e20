import { catalog } from "#core/domain/packs/catalog.ts";
import { listPackRollouts, setPackRollout } from "#core/store/plans/pack-rollouts.ts";
import type { Operator, Report } from "../operator.ts";
import { table } from "../text.ts";

/** Holds for the next submit; the lists of packs and Redis show it with the next sync of each tenant. */
export async function rollOutPack({ db }: Operator, pack_type: string, percent: number): Promise<Report> {
  const set = await setPackRollout(db, pack_type, percent);
  return {
    text: `${pack_type}: ${percent} % of the tenants whose plan has it; runs that exist go on`,
    json: { pack_type: set.pack_type, percent: set.percent },
  };
}

export async function reportPacks({ db }: Operator): Promise<Report> {
  const set = new Map((await listPackRollouts(db)).map((each) => [each.pack_type, each]));
  const packs = [...catalog.values()].map(({ type, version, title }) => ({
    pack_type: type,
    version,
    title,
    percent: set.get(type)?.percent ?? 100,
  }));
  const rows = packs.map((pack) => [pack.pack_type, pack.version, pack.title, String(pack.percent)]);
  return { text: table(["pack", "version", "title", "percent"], rows), json: { packs } };
}
