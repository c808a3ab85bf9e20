import { z } from "zod";
import type { NewRun, Output } from "../../edge/client/client.ts";

type Given = Output["artifacts"][number];
interface Artifact {
  readonly name: string;
  readonly text?: Given["text"] | undefined;
  readonly base64?: Given["base64"] | undefined;
}

export interface Job {
  readonly title: string;
  readonly body: NewRun;
  /** What the result found, in a line or two; throws when it is not what this input must give. */
  found(data: unknown, artifacts: readonly Artifact[]): readonly string[];
}

/** Throws when the system did not do what the demo shows. */
export function expect(held: boolean, what: string): void {
  if (!held) throw new Error(`the demo expected: ${what}`);
}

export const decision: Job = {
  title: "decision: which queue should a small team run?",
  body: {
    pack_type: "decision",
    max_cost_usd: "0.0500",
    inputs: {
      question: "Which queue should a team of four run for its first product?",
      mode: "detailed",
      normalisation: "min_max",
      options: ["Hosted queue", "Log broker", "Database table"],
      criteria: [
        { name: "Operations per week (h)", weight: 5, direction: "min" },
        { name: "Cost per month (USD)", weight: 3, direction: "min" },
        { name: "Throughput (msg/s)", weight: 1, direction: "max" },
        { name: "Ease of debugging (1-10)", weight: 3, direction: "max" },
      ],
      scores: {
        "Hosted queue": {
          "Operations per week (h)": 0.5,
          "Cost per month (USD)": 40,
          "Throughput (msg/s)": 3000,
          "Ease of debugging (1-10)": 6,
        },
        "Log broker": {
          "Operations per week (h)": 6,
          "Cost per month (USD)": 350,
          "Throughput (msg/s)": 90000,
          "Ease of debugging (1-10)": 4,
        },
        "Database table": {
          "Operations per week (h)": 1,
          "Cost per month (USD)": 0,
          "Throughput (msg/s)": 800,
          "Ease of debugging (1-10)": 9,
        },
      },
    },
  },
  found(data) {
    const { winner, margin } = z.object({ winner: z.string(), margin: z.number() }).parse(data);
    expect(winner === "Database table", `the winner by hand, got ${winner}`);
    return [`winner: ${winner}, by ${margin}`];
  },
};

export const page = (url: string): Job => ({
  title: "url: a page served by this demo",
  body: { pack_type: "url", max_cost_usd: "0.0200", inputs: { url, format: "markdown" } },
  found(data) {
    const { title, markdown } = z.object({ title: z.string(), markdown: z.string() }).parse(data);
    expect(title.includes("message queue"), `the page's title, got ${title}`);
    expect(markdown.includes("A queue is a promise"), "the page's text");
    return [`title: ${title}`, `text:  ${markdown.replaceAll(/\s+/g, " ").slice(0, 90)}...`];
  },
});
