/**
 * How long a mirror stays without a load or sync. A missing one is loaded when it is needed, so that Redis holds only the
 * tenants of recent requests.
 */
export const MIRROR_MS = 2 * 86_400_000;

/** All of one tenant share a hash tag, so that every script stays on one cluster node. */
export const tenantKeys = (tenant_id: string) => ({
  budget: `{${tenant_id}}:budget`,
  open: `{${tenant_id}}:open`,
  plan: `{${tenant_id}}:plan`,
  key: (key_sha256: string) => `{${tenant_id}}:key:${key_sha256}`,
  hint: (idempotency_sha256: string) => `{${tenant_id}}:idem:${idempotency_sha256}`,
  /** The rates of its keys, by the id under which each counts. */
  keyRates: (kind: "submit" | "read") => `{${tenant_id}}:rate:keys:${kind}`,
  tenantRate: (kind: "submit" | "read") => `{${tenant_id}}:rate:${kind}`,
});

/** Whose key this is: a key never changes its tenant. */
export const tenantOfKey = (key_sha256: string): string => `key:${key_sha256}`;
