import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatPanel } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimePanel } from "@grafana/grafana-foundation-sdk/timeseries";

/** One panel: a title, a unit of Grafana, and queries by their legends. */
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly kind?: "number" | "lines";
  readonly queries: Readonly<Record<string, string>>;
}

export interface Dashboard {
  /** Never changes: links and provisioning know a dashboard by it. */
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const DATASOURCE = { type: "prometheus", uid: "prometheus" };
const LINES = { span: 12, height: 8 };
const NUMBER = { span: 6, height: 4 };

function queriesOf({ queries }: Panel) {
  return Object.entries(queries).map(([legend, expr]) =>
    new DataqueryBuilder().datasource(DATASOURCE).expr(expr).legendFormat(legend),
  );
}

function built(panel: Panel): StatPanel | TimePanel {
  const { title, unit, kind = "lines" } = panel;
  const { span, height } = kind === "number" ? NUMBER : LINES;
  const made =
    kind === "number"
      ? new StatPanel().title(title).unit(unit).span(span).height(height).datasource(DATASOURCE)
      : new TimePanel().title(title).unit(unit).min(0).span(span).height(height).datasource(DATASOURCE);
  for (const query of queriesOf(panel)) made.withTarget(query);
  return made;
}

/** The JSON that Grafana loads, the same text for the same dashboard. */
export function dashboardJson({ uid, title, panels }: Dashboard): string {
  const builder = new DashboardBuilder(`Decisionproof / ${title}`)
    .uid(uid)
    .tags(["decisionproof"])
    .refresh("30s")
    .time({ from: "now-6h", to: "now" })
    .timezone("utc")
    .editable();
  for (const panel of panels) builder.withPanel(built(panel));
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}
