export type Revision = "2025-11-25" | "2026-07-28";

export interface Scenario {
  readonly name: string;
  /** On no revision's own list; run as of 2026-07-28. */
  readonly extension?: boolean;
  /** Checks that do not apply, by id, each with the reason. */
  readonly except?: Readonly<Record<string, string>>;
}

const NO_SAMPLING_TOOL =
  "asks for the suite's tool test_missing_capability; no tool of ours needs anything of its client";
const NO_PROMPTS = "there are no prompts";
const NO_RESOURCES = "there are no resources; a result is linked to, at an address that any client can get";
const NO_INPUT = "no tool asks its client for anything while it works (elicitation, sampling, roots)";
const ONLY_EXAMPLE = "asks for a tool of the suite's own that returns an example of this content";
const NO_LOGS = "no log messages are sent to clients";
const NO_PROGRESS = "no progress notifications: a submit is answered at once or after its wait, in plain JSON";

/** The scenarios of the suite that apply; tools of ours stand in for the suite's own (`mcp-stand-in.ts`). */
export const SCENARIOS: Readonly<Record<Revision, readonly Scenario[]>> = {
  "2025-11-25": [
    { name: "server-initialize" },
    { name: "ping" },
    { name: "tools-list" },
    { name: "tools-call-simple-text" },
    { name: "tools-call-error" },
    { name: "dns-rebinding-protection" },
  ],
  "2026-07-28": [
    {
      name: "server-stateless",
      except: {
        "sep-2575-server-rejects-undeclared-capability": NO_SAMPLING_TOOL,
        "sep-2575-missing-capability-http-400": NO_SAMPLING_TOOL,
      },
    },
    { name: "tools-list" },
    { name: "tools-call-simple-text" },
    { name: "tools-call-error" },
    { name: "server-sse-multiple-streams" },
    { name: "dns-rebinding-protection" },
    {
      name: "caching",
      except: {
        "sep-2549-prompts-list-caching-hints": NO_PROMPTS,
        "sep-2549-resources-list-caching-hints": NO_RESOURCES,
        "sep-2549-resources-templates-list-caching-hints": NO_RESOURCES,
      },
    },
    { name: "http-header-validation" },
    { name: "input-required-result-unsupported-methods" },
    {
      name: "tasks-lifecycle",
      extension: true,
      except: {
        "sep-2663-tasks-get-status-failed":
          "asks for a task that ends in an error of the protocol; whatever a run comes to is a tool's result",
      },
    },
    { name: "tasks-capability-negotiation", extension: true },
    { name: "tasks-wire-fields", extension: true },
    { name: "tasks-request-state-removal", extension: true },
    {
      name: "tasks-request-headers",
      extension: true,
      except: {
        "tasks-headers-tolerate-mcp-method-on-tools-call":
          'asks for the words "Hello, sep-2243!" of the suite\'s tool greet; http-header-validation sends the same headers',
      },
    },
    { name: "tasks-dispatch-and-envelope", extension: true },
  ],
};

type Excused = readonly (readonly [scenarios: readonly string[], why: string])[];

const IN_BOTH: Excused = [
  [["completion-complete"], "nothing has completions"],
  [["tools-call-image", "tools-call-audio", "tools-call-embedded-resource", "tools-call-mixed-content"], ONLY_EXAMPLE],
  [["tools-call-with-progress"], NO_PROGRESS],
  [["json-schema-2020-12"], "compares the schema of the suite's tool json_schema_2020_12_tool with a fixed one"],
  [["resources-list", "resources-read-text", "resources-read-binary", "resources-templates-read"], NO_RESOURCES],
  [
    [
      "prompts-list",
      "prompts-get-simple",
      "prompts-get-with-args",
      "prompts-get-embedded-resource",
      "prompts-get-with-image",
    ],
    NO_PROMPTS,
  ],
];

/** The scenarios that do not, and why. */
export const NOT_APPLICABLE: Readonly<Record<Revision, Excused>> = {
  "2025-11-25": [
    ...IN_BOTH,
    [["server-session-lifecycle", "server-sse-multiple-streams"], "there are no sessions, which the revision allows"],
    [["server-sse-polling"], "no answer is a stream, which the revision allows"],
    [["logging-set-level", "tools-call-with-logging"], NO_LOGS],
    [
      ["tools-call-sampling", "tools-call-elicitation", "elicitation-sep1034-defaults", "elicitation-sep1330-enums"],
      NO_INPUT,
    ],
    [["resources-subscribe", "resources-unsubscribe"], NO_RESOURCES],
  ],
  "2026-07-28": [
    ...IN_BOTH,
    [["sep-2164-resource-not-found"], NO_RESOURCES],
    [
      ["sep-2640-skills-directory", "sep-2640-skills-enumeration", "sep-2640-skills-manifest"],
      "the skills extension is not offered",
    ],
    [["http-custom-header-server-validation"], "no argument of a tool is repeated in a header of its own"],
    [["tasks-mrtr-input", "tasks-mrtr-composition"], NO_INPUT],
    [["tasks-status-notifications"], "optional, not sent; the suite itself skips it"],
    [["tasks-required-task-error"], "no tool can be used by means of a task alone"],
    [
      [
        "input-required-result-basic-elicitation",
        "input-required-result-basic-sampling",
        "input-required-result-basic-list-roots",
        "input-required-result-request-state",
        "input-required-result-multiple-input-requests",
        "input-required-result-multi-round",
        "input-required-result-missing-input-response",
        "input-required-result-non-tool-request",
        "input-required-result-result-type",
        "input-required-result-tampered-state",
        "input-required-result-capability-check",
        "input-required-result-ignore-extra-params",
        "input-required-result-validate-input",
      ],
      NO_INPUT,
    ],
  ],
};
