import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const migrate = (env: Record<string, string>) =>
  spawnSync(process.execPath, ["--import", "./backend/text-loader.ts", "backend/migrate/main.ts", "--check"], {
    env: { ...env, DATABASE_URL: "postgres://owner:secret@db.invalid/dpp?connect_timeout=1" },
    encoding: "utf8",
  });

test("migrations over a line that anybody may read are refused, unless the operator allows it", () => {
  const { status, stderr } = migrate({});
  expect(status).toBe(2);
  expect(stderr).toMatch(/^DATABASE_URL needs sslmode=verify-full beyond this machine/);
  expect(stderr).not.toContain("secret");
  const allowed = migrate({ DPP_ALLOW_PLAINTEXT: "true" });
  expect(allowed.status).toBe(1);
  expect(allowed.stderr).toMatch(/^check failed/);
});
