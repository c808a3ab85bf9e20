/** A submit as others would write it: to be pasted into a terminal or a program. */
export interface SampleRequest {
  readonly pack_type: string;
  readonly inputs: unknown;
  readonly max_cost_usd: string;
  readonly [member: string]: unknown;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** For a POSIX shell; the API key is read from the environment, never written out. */
export function curlOf(origin: string, request: SampleRequest, idempotencyKey: string): string {
  return [
    `curl ${quoted(`${origin}/v1/runs`)} \\`,
    `  -H "Authorization: Bearer $DECISIONPROOF_API_KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H ${quoted(`Idempotency-Key: ${idempotencyKey}`)} \\`,
    `  -H 'Prefer: wait=20' \\`,
    `  -d ${quoted(JSON.stringify(request))}`,
  ].join("\n");
}

export function clientCodeOf(origin: string, { pack_type, ...order }: SampleRequest): string {
  return [
    `import { Decisionproof } from "@decisionproof/client";`,
    ``,
    `const dpp = new Decisionproof({`,
    `  apiKey: process.env.DECISIONPROOF_API_KEY,`,
    `  baseUrl: ${JSON.stringify(origin)},`,
    `});`,
    `const output = await dpp.run(${JSON.stringify(pack_type)}, ${JSON.stringify(order, null, 2)});`,
    `console.log(output.data, output.cost.actual_usd);`,
  ].join("\n");
}
