import type { Command } from "commander";
import { newReceiptKey } from "../operations/new-receipt-key.ts";
import { readBytes, readKeySet, readText } from "../operations/read-key-set.ts";
import { verifyReceipt } from "../operations/verify-receipt.ts";
import { action, type CommonOptions, type Shell } from "../perform.ts";

interface VerifyOptions extends CommonOptions {
  readonly jwks?: string;
  readonly result?: string;
  readonly request?: string;
}

/** Neither command needs any store. */
export function addReceipt(program: Command, { print, env }: Pick<Shell, "print" | "env">): void {
  const receipt = program.command("receipt").description("signed receipts; no database needed");
  action(receipt, "verify", "verify a receipt offline and print it; exit code 1 if it is invalid")
    .argument("<file>", "the compact JWS, or the JSON response of the edge")
    .option("--jwks <file or url>", "the public keys (default: those of DPP_JWKS)")
    .option("--result <file>", "a downloaded result, to compare with the receipt")
    .option("--request <file>", "the body that was submitted, to compare with the receipt")
    .action(async (file: string, options: VerifyOptions) => {
      const text = await readText(file);
      const result = options.result === undefined ? undefined : await readBytes(options.result);
      const request = options.request === undefined ? undefined : await readText(options.request);
      const keys = await readKeySet(options.jwks, env);
      const compared = { ...(result !== undefined && { result }), ...(request !== undefined && { request }) };
      print(options, await verifyReceipt({ text, keys, ...compared }));
    });
  action(receipt, "new-key", "print a new private key for the edge's secret DPP_RECEIPT_KEY; it is not stored")
    .addHelpText("after", "\nnpm run -s dpp -- receipt new-key | npx wrangler secret put DPP_RECEIPT_KEY")
    .action(async (options: CommonOptions) => {
      const key = await newReceiptKey();
      print(options, { text: JSON.stringify(key), json: key });
    });
}
