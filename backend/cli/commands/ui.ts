import type { Command } from "commander";
import { metricsAddress, port } from "../arguments.ts";
import { action, type Shell, type UiOptions } from "../perform.ts";

export function addUi(program: Command, { ui }: Shell): void {
  action(program, "ui", "the operators' console: these commands as pages in a browser of this machine, until Ctrl-C")
    .option("--port <port>", "of 127.0.0.1 (default: a free one)", port)
    .option(
      "--metrics <url>",
      "a worker's or reaper's /metrics, for live figures; may be repeated (default: DPP_METRICS_URLS)",
      metricsAddress,
    )
    .addHelpText(
      "after",
      "\nIt prints an address with a token that opens one session, once: open it yourself and pass it to nobody.\n" +
        "Each change needs a reason and is recorded as the same command in a terminal is: `dpp actions list`.\n" +
        "It makes no API keys: `dpp key create` and `dpp key rotate` print them in the terminal.",
    )
    .action((options: UiOptions) => ui(options));
}
