import { readFileSync } from "node:fs";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { describe, expect, test } from "vitest";
import { parse, type Tags } from "yaml";
import { z } from "zod";

/** What `!Sub` and its kin say, as text: `Queue.Arn`. */
const TAGS: Tags = ["Ref", "Sub", "GetAtt"].map((name) => ({ tag: `!${name}`, resolve: (text: string) => text }));

const statement = z.object({
  Effect: z.enum(["Allow", "Deny"]),
  Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
  Resource: z.union([z.string(), z.array(z.string())]).transform((resource) => [resource].flat()),
  Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
});
const policy = z.object({ Statement: z.array(statement) });
const owner = z.object({
  PolicyDocument: z.unknown().optional(),
  Policies: z.array(z.object({ PolicyDocument: z.unknown() })).optional(),
});
const template = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) })),
});
const { Resources } = template.parse(
  parse(readFileSync("backend/deploy/aws/stack.yaml", "utf8"), { customTags: TAGS }),
);
const specification = loadAwsServiceSpecSync();

interface Property {
  readonly type: { readonly type: string; readonly reference?: { readonly $ref: string } };
  readonly required?: boolean;
}

/** Members of a value that AWS's specification does not have, or that it requires and are not there. */
function faultsOf(at: string, value: object, properties: Readonly<Record<string, Property>>): readonly string[] {
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
  const missing = Object.keys(properties).filter(
    (name) => properties[name]?.required === true && !Object.hasOwn(value, name),
  );
  const nested = Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const {
      type: kind,
      element,
      reference,
    } = (properties[name]?.type ?? {}) as {
      readonly type?: string;
      readonly element?: Property["type"];
      readonly reference?: { readonly $ref: string };
    };
    const target = kind === "ref" ? reference : kind === "array" ? element?.reference : undefined;
    if (target === undefined || typeof member !== "object" || member === null) return [];
    const { properties: inner } = specification.get("typeDefinition", target.$ref) as {
      readonly properties: Readonly<Record<string, Property>>;
    };
    return [member].flat().flatMap((each, index) => faultsOf(`${at}.${name}[${index}]`, each, inner));
  });
  return [...unknown.map((name) => `${at}: unknown ${name}`), ...missing.map((name) => `${at}: no ${name}`), ...nested];
}

function specified(type: string): Readonly<Record<string, Property>> {
  const [found] = specification.lookup("resource", "cloudFormationType", "equals", type);
  if (found === undefined) throw new Error(`no resource ${type}`);
  return found.properties;
}

/** Each right of a role, user or policy, as `action resource`. */
function rightsOf(name: string): readonly string[] {
  const { Properties } = Resources[name] ?? {};
  const { PolicyDocument, Policies } = owner.parse(Properties);
  const documents = PolicyDocument ?? Policies?.[0]?.PolicyDocument;
  return policy
    .parse(documents)
    .Statement.flatMap(({ Action, Resource }) => Action.flatMap((each) => Resource.map((on) => `${each} ${on}`)))
    .toSorted();
}

describe("the CloudFormation template", () => {
  test.each(Object.entries(Resources))("%s has the members that AWS specifies", (name, { Type, Properties }) => {
    expect(faultsOf(name, Properties, specified(Type))).toEqual([]);
  });

  test("would be refused with a member that AWS does not know", () => {
    const queue = specified("AWS::SQS::Queue");
    expect(faultsOf("Queue", { QueueNames: "a" }, queue)).toEqual(["Queue: unknown QueueNames"]);
    const bucket = specified("AWS::S3::Bucket");
    const wrong = { LifecycleConfiguration: { Rules: [{ Id: "a" }] } };
    expect(faultsOf("Bucket", wrong, bucket).join()).toContain("no Status");
  });

  const OBJECTS = "${Results.Arn}/results/*";
  const PROBE = "${Results.Arn}/results/probe/*";
  test.each<[name: string, objects: string[], queue: string, letters: string, others: string[]]>([
    [
      "WorkerRole",
      ["s3:GetObject", "s3:PutObject"],
      "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage SendMessage",
      "",
      [],
    ],
    [
      "ReaperRole",
      ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      "GetQueueAttributes SendMessage",
      "ChangeMessageVisibility GetQueueAttributes ReceiveMessage",
      [],
    ],
    ["EdgeUser", ["s3:GetObject"], "GetQueueAttributes SendMessage", "", []],
    [
      "OperatorPolicy",
      ["s3:GetObject"],
      "GetQueueAttributes SendMessage",
      "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage",
      [`s3:PutObject ${PROBE}`],
    ],
  ])("gives %s what it needs, and no more", (name, objects, queue, letters, others) => {
    const on = (actions: string, resource: string) =>
      actions.split(" ").flatMap((action) => (action === "" ? [] : [`sqs:${action} ${resource}`]));
    const expected = [
      ...objects.map((action) => `${action} ${OBJECTS}`),
      ...on(queue, "Queue.Arn"),
      ...on(letters, "DeadLetters.Arn"),
      "s3:ListBucket Results.Arn",
      ...others,
    ];
    expect(rightsOf(name)).toEqual(expected.toSorted());
  });

  test("refuses a result that is put without If-None-Match, and every request without TLS", () => {
    const { Statement } = policy.parse(Resources["ResultsPolicy"]?.Properties["PolicyDocument"]);
    expect(Statement).toContainEqual({
      Effect: "Deny",
      Action: ["s3:PutObject"],
      Resource: [OBJECTS],
      Condition: { Null: { "s3:if-none-match": "true" } },
    });
    expect(
      Statement.map(({ Effect, Condition }) => [Effect, Condition?.["Bool"]?.["aws:SecureTransport"]]),
    ).toContainEqual(["Deny", "false"]);
  });
});
