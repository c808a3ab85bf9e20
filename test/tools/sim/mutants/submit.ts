import { inCode, inFunction, type Mutant, together } from "./mutant.ts";

const FOUND = "    IF FOUND THEN\n      outcome := CASE WHEN v_run.payload_sha256";
const inSubmit = (name: string, find: string, put = "", backed_by?: string) =>
  inFunction(`submit_run: ${name}`, "submit_run", find, put, backed_by);

const fundsLook = inSubmit(
  "the look at the balance",
  "IF v_balance.available < p_max_cost_micros THEN\n      outcome :=",
  "IF false THEN\n      outcome :=",
  "the balance's own test in step 5; the look only spares its lock",
);
const fundsTest = inSubmit("the funds test of the balance", "AND b.available >= p_max_cost_micros");
const openLook = inSubmit(
  "the look at open runs",
  "ELSIF v_balance.open_runs >= v_caller.max_open_runs THEN",
  "ELSIF false THEN",
  "the balance's own test in step 5; the look only spares its lock",
);
const openTest = inSubmit("the open-run test of the balance", "AND b.open_runs < v_caller.max_open_runs");
const capLook = inSubmit(
  "the look at the key's cap",
  "ELSIF v_caller.spending_cap_micros - coalesce(v_committed, 0) < p_max_cost_micros THEN",
  "ELSIF false THEN",
  "the key's own test in step 4, for all but its first run",
);
const capTest = inSubmit(
  "the test of the key's cap",
  "WHERE s.committed_micros + excluded.committed_micros <= v_caller.spending_cap_micros",
);
const unique: Mutant = {
  name: "UNIQUE (tenant, idempotency key)",
  database: [{ statement: "ALTER TABLE runs DROP CONSTRAINT runs_tenant_id_idempotency_key_key" }],
};
const firstLook = inSubmit("the first look", FOUND, FOUND.replace("IF FOUND", "IF FOUND AND v_round = 2"));
const checks: Mutant = {
  name: "the CHECKs of balances",
  database: [
    {
      statement: `DO $$ DECLARE v text; BEGIN
        FOR v IN SELECT conname FROM pg_constraint WHERE conrelid = 'balances'::regclass AND contype = 'c' LOOP
          EXECUTE format('ALTER TABLE balances DROP CONSTRAINT %I', v);
        END LOOP; END $$`,
    },
  ],
  backed_by: "the tests of submit_run and close_run; the CHECKs are there for the day when one of those is wrong",
};

const floorAtEdge = inCode(
  "submit: the floor",
  "edge/runs/submit.ts",
  'if (refusal === undefined || decided instanceof Problem || decided.mode === "dry-run") return decided;',
  'if (run_id !== "" || refusal === undefined || decided instanceof Problem || decided.mode === "dry-run") return decided;',
);
const floorInShield: Mutant = {
  name: "admit: the floor",
  sources: [
    {
      file: "backend/core/store/redis/admit.lua",
      find: "if micros < tonumber(ARGV[7]) then return reply('COST_BELOW_PRICE') end",
      put: "",
    },
  ],
  backed_by: "the edge's own test: the shield only spares a reservation that would be released",
};

export const SUBMIT_MUTANTS: readonly Mutant[] = [
  inSubmit("the deadline", "IF v_now > p_deadline THEN", "IF false THEN"),
  inFunction("check_key: the key's status", "check_key", "AND k.status = 'active' AND t", "AND t"),
  inFunction("check_key: the switch at halt", "check_key", "s.mode = 'halt'", "false"),
  inSubmit("the switch at read-only", "v_caller.switch_mode <> 'normal'", "false"),
  firstLook,
  inSubmit("the second look", FOUND, FOUND.replace("IF FOUND", "IF FOUND AND v_round = 1")),
  inSubmit("the payload test", "CASE WHEN v_run.payload_sha256 = p_payload_sha256 THEN", "CASE WHEN true THEN"),
  inSubmit("ON CONFLICT", "ON CONFLICT DO NOTHING"),
  fundsLook,
  fundsTest,
  together("submit_run: the funds test and the CHECKs behind it", fundsTest, checks),
  openLook,
  openTest,
  capLook,
  capTest,
  together("submit_run: the look at the key's cap and its test", capLook, capTest),
  checks,
  unique,
  together("submit_run: UNIQUE and the first look", unique, firstLook),
  inSubmit(
    "the RESERVE transfer",
    "'available', 'reserved', p_max_cost_micros, v_now)",
    "'available', 'reserved', p_max_cost_micros + 1, v_now)",
  ),
  inCode(
    "submit: the dry run before a 422 or 429",
    "edge/runs/submit.ts",
    'const dryRun = (refusal: Problem): Question => ({ run_id, mode: "dry-run", held: false, refusal });',
    "const dryRun = (refusal: Problem): Question | Problem => refusal;",
  ),
  inCode(
    "submit: only Postgres says 409",
    "edge/runs/submit.ts",
    'if (reply.kind === "CONFLICT") return { run_id, mode: "reserve", held: false };',
    'if (reply.kind === "CONFLICT") return refuse.idempotencyConflict();',
  ),
  floorAtEdge,
  floorInShield,
  together("submit: the floor, at the edge and in the shield", floorAtEdge, floorInShield),
  inCode(
    "submit: the dry run before a 422 for the price",
    "edge/runs/submit.ts",
    'return { ...decided, mode: "dry-run", refusal };',
    "return refusal;",
  ),
  inCode(
    "the minimum fee: never above the price",
    "backend/core/domain/money.ts",
    "FEE_CEILING_MICROS, price, reserved",
    "FEE_CEILING_MICROS, Math.max(price, reserved), reserved",
  ),
  inCode(
    "submit: a replay keeps its hinted run",
    "edge/runs/submit.ts",
    'return { run_id: reply.run_id, mode: "reserve", held: true };',
    'return { run_id, mode: "reserve", held: true };',
    "the look by idempotency key: the hinted id only spares a release and a sync",
  ),
  inCode(
    "submit: release of what Postgres did not confirm",
    "edge/runs/submit.ts",
    "if (held && !confirmed && tenant_id !== undefined) {",
    'if (held && !confirmed && tenant_id === "") {',
    "the next sync drops what Postgres does not have, 90 s later at most; until then a needless refusal",
  ),
  inFunction(
    "find_run: the tenant test",
    "find_run",
    "v.run_id = p_run_id AND v.tenant_id = c.tenant_id",
    "v.run_id = p_run_id",
  ),
];
