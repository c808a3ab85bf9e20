import type { ApiKey, Delivery, Run, Webhook } from "../client/client.ts";
import { microsOf, percent, plural, shortTime } from "./formats.ts";

export interface Point {
  readonly what: string;
  readonly why: string;
  /** Where it can be seen to. */
  readonly path: readonly string[];
}

const SOON_MS = 7 * 86_400_000;
const NEAR = 0.8;

/** How much of its cap a key has used, 0 to 1; undefined of a key without one. */
export function capShare({
  spending_cap_usd,
  spent_usd,
}: Pick<ApiKey, "spending_cap_usd" | "spent_usd">): number | undefined {
  if (spending_cap_usd === null) return undefined;
  const cap = microsOf(spending_cap_usd) ?? 0n;
  return cap === 0n ? 1 : Number(((microsOf(spent_usd ?? "0") ?? 0n) * 10_000n) / cap) / 10_000;
}

/** What somebody should look at: keys near their cap or their end, webhooks that are disabled or fail. */
export function attentionOf(
  keys: readonly ApiKey[],
  webhooks: readonly (Webhook & { readonly latest: readonly Delivery[] })[],
  now: number,
): readonly Point[] {
  return [...keys.flatMap((key) => ofKey(key, now)), ...webhooks.flatMap(ofWebhook)];
}

function ofKey(key: ApiKey, now: number): readonly Point[] {
  if (key.status !== "active") return [];
  const what = `Key ${key.name}`;
  const share = capShare(key);
  const ends = key.expires_at === null ? undefined : Date.parse(key.expires_at) - now;
  return [
    ...(share !== undefined && share >= NEAR
      ? [
          {
            what,
            why: share >= 1 ? "Its spending cap is used up" : `${percent(share)} of its spending cap is used`,
            path: ["keys"],
          },
        ]
      : []),
    ...(ends !== undefined && ends < SOON_MS
      ? [{ what, why: `It expires on ${shortTime(key.expires_at ?? "", now)}`, path: ["keys"] }]
      : []),
  ];
}

/** Whether it is still to be delivered, and was not so far. */
export const isFailing = ({ status, last_status, last_error }: Delivery): boolean =>
  status === "pending" && (last_error !== null || (last_status !== null && last_status >= 300));

function ofWebhook({
  endpoint_id,
  url,
  description,
  status,
  latest,
}: Webhook & { readonly latest: readonly Delivery[] }): readonly Point[] {
  const point = { what: `Webhook ${description ?? url}`, path: ["webhooks", endpoint_id] };
  if (status === "disabled") return [{ ...point, why: "It is disabled: its receiver answered 410" }];
  const failing = latest.filter((each) => each.status === "failed" || isFailing(each)).length;
  return failing === 0
    ? []
    : [{ ...point, why: `${failing} of the last ${plural(latest.length, "event")} failed, or are tried again` }];
}

const MAX_RUNS = 3;

/** Frozen runs: their money is held until a person of the service has decided. */
export function frozenOf(runs: readonly Pick<Run, "run_id" | "pack_type" | "money_state">[]): readonly Point[] {
  const frozen = runs.filter(({ money_state }) => money_state === "AUDIT_REQUIRED");
  const points = frozen.slice(0, MAX_RUNS).map(({ run_id, pack_type }) => ({
    what: `Run of ${pack_type} …${run_id.slice(-12)}`,
    why: "It is under review: what it costs is being decided",
    path: ["runs", run_id],
  }));
  const more = frozen.length - points.length;
  return more === 0 ? points : [...points, { what: plural(more, "more run"), why: "Under review too", path: ["runs"] }];
}
