import { inCode, type Mutant, together } from "./mutant.ts";

const FINALIZE = "backend/worker/finalize.ts";
const CLAIMED = "backend/reaper/sweeps/claimed.ts";
const REAPER = "backend/reaper/loop.ts";
const EXECUTE = "backend/worker/execute.ts";

const without = (sweep: string, line: string) =>
  inCode(`the ${sweep} sweep`, REAPER, line, line.replace(/often\(.*\)/, "often(() => Promise.resolve())"));

const heartbeat = inCode(
  "W2: a lost lease aborts",
  "backend/worker/lease.ts",
  'if (result === "lost") return until.aborted ? "ended" : "lost";',
  'if (result === "lost") {\n        wait_ms = heartbeat_seconds * 1000;\n        continue;\n      }',
  "W3's test of the lease token: work goes on for nothing, and is thrown away",
);
const timebox = inCode(
  "W2: the timebox",
  EXECUTE,
  "timebox.over.then((what): Work => OVER[what]),",
  "",
  "the bound on the lease: the run fails, LEASE_EXPIRED, after its last attempt",
);
const leaseBound: Mutant = {
  name: "W2: never past the timebox",
  sources: [
    {
      file: "backend/core/store/runs/extend-lease.sql",
      find: "least(wall_clock() + make_interval(secs => $3::double precision),\n         started_at + make_interval(secs => timebox_sec + $4::double precision))",
      put: "wall_clock() + make_interval(secs => $3::double precision + 0 * $4::double precision)",
    },
  ],
};

export const CODE_MUTANTS: readonly Mutant[] = [
  inCode("S3: If-None-Match", "test/tools/sim/stores/objects.ts", 'if (this.all.has(key)) return "exists";', ""),
  inCode("W4: reading on 412", FINALIZE, 'if (put === "created") return true;', "if (put !== undefined) return true;"),
  inCode(
    "W4: the object's token",
    FINALIZE,
    'if (verdict.kind === "receipt" && verdict.receipt.finalize_token === receipt.finalize_token) return true;',
    'if (verdict.kind === "receipt") return true;',
  ),
  inCode(
    "claimed sweep: first the tombstone, then the undoing",
    CLAIMED,
    "const put = await deps.objects.create(key, TOMBSTONE.body, TOMBSTONE.content_type, TOMBSTONE.metadata);",
    'const put = (await deps.objects.head(key)) === undefined ? "created" : "exists"; void TOMBSTONE;',
  ),
  inCode(
    "claimed sweep: reading on 412",
    CLAIMED,
    'if (verdict.kind === "tombstone") return undo(deps, run, max_attempts);',
    "if (verdict.kind !== undefined) return undo(deps, run, max_attempts);",
  ),
  inCode("claimed sweep: the receipt's token", CLAIMED, "verdict.receipt.finalize_token === run.finalize_token &&", ""),
  inCode("claimed sweep: the receipt's cost", CLAIMED, "verdict.receipt.cost <= run.reserved_micros", "true"),
  inCode(
    "claimed sweep: what contradicts is frozen",
    CLAIMED,
    "const frozen = await freezeRun(deps.db, run, {",
    'if (run.run_id !== "") return undo(deps, run, max_attempts);\n  const frozen = await freezeRun(deps.db, run, {',
  ),
  inCode(
    "charge: never above the reservation",
    "backend/core/domain/pack.ts",
    "return price <= reserved ? price : undefined;",
    "return price;",
  ),
  inCode(
    "a question back costs nothing",
    "test/tools/sim/actors/pack.ts",
    'data: "what?", artifacts: [], units: {}, reliability: 0',
    'data: "what?", artifacts: [], units: { unit: 1 }, reliability: 0',
  ),
  inCode(
    "worker: failures of the platform's own cost nothing, those of the work the fee",
    "backend/core/domain/run.ts",
    'fee === "minimum" ||',
    'fee !== "minimum" ||',
  ),
  inCode(
    "charge: never less than the price",
    "backend/core/domain/pack.ts",
    "return price <= reserved ? price : undefined;",
    "return micros(Math.min(price, reserved));",
  ),
  inCode("W4 and W5: repeated while the claim stands", FINALIZE, "const CLAIM_SHARE = 0.9;", "const CLAIM_SHARE = 0;"),
  heartbeat,
  inCode(
    "W2: the lease reaches as far as the waits",
    "backend/worker/lease.ts",
    "lease_seconds + times.waited_ms() / 1_000",
    "lease_seconds",
  ),
  inCode(
    "W2: waiting is not work",
    "backend/worker/timebox.ts",
    'if (waiting++ === 0) change("waits");',
    'if (waiting++ === 0) change("timebox");',
  ),
  inCode(
    "W2: a run that waits too long goes back",
    "backend/worker/process-run.ts",
    'return mayGoBack(run) ? requeueNow(deps, run) : failNow(deps, run, "NO_WORK_PROCESS");',
    'return failNow(deps, run, "NO_WORK_PROCESS");',
  ),
  inCode(
    "W2: a run goes back for its waits no oftener than its hand-backs allow",
    "backend/worker/process-run.ts",
    "uncounted_requeues < MAX_HAND_BACKS_FOR_WAITS",
    "uncounted_requeues < 99",
  ),
  timebox,
  together("W2: the timebox and the bound on the lease", timebox, leaseBound),
  inCode(
    "SIGTERM: a run is handed back",
    "backend/worker/process-run.ts",
    'if (kind === "stopped") return requeueNow(deps, run);',
    'if (kind === "stopped") return Promise.resolve("lost");',
    "the lease sweep: later, and the attempt counts",
  ),
  without("lease", "lease: often((deps, stop) => sweepLeases(deps, max_attempts, stop, lease)),"),
  without("claimed", "claimed: often((deps, stop) => sweepClaims(deps, settings, stop, claimed)),"),
  without("signal", "signal: often((deps, stop) => sweepSignals(deps, settings.signal_seconds, stop)),"),
  without("sync", "sync: often((deps, stop) => sweepSync(deps, mirror, sync, stop)),"),
  without("retention", "retention: often((deps, stop) => sweepRetention(deps, retention, stop)),"),
  inCode(
    "the audit sweep",
    REAPER,
    "run: (deps, stop) => sweepAudit(deps, audit, stop)",
    "run: () => Promise.resolve()",
  ),
  without("dead-letters", '"dead-letters": often((deps) => sweepDeadLetters(deps, seen)),'),
  inCode(
    "sync: a snapshot older than the mirrored one changes nothing",
    "backend/core/store/redis/sync.lua",
    "if synced_at > read_at and synced_at <= now then return {'STALE'} end",
    "",
    "the next sync",
  ),
  inCode(
    "sync: reservations have an end",
    "backend/core/store/redis/sync.lua",
    "at > read_at - tonumber(ARGV[2])",
    "at > 0",
  ),
  inCode(
    "rate: every counter has a time to live",
    "backend/core/store/redis/gcra.lua",
    ", 'PX', string.format('%.0f', life))",
    ")",
  ),
];
