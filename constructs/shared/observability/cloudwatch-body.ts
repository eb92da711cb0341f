import { marksOf, placed, type DashboardRow, type DashboardWidget } from "./dashboard-model";

/**
 * The body of a CloudWatch dashboard.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function cloudwatchBody(rows: readonly DashboardRow[], region: string): object {
  return {
    widgets: placed(rows).map((widget) => {
      const { height, width, x, y } = widget;
      return { x, y, width, height, ...render(widget, region) };
    }),
  };
}

function render(widget: DashboardWidget, region: string): { type: string; properties: object } {
  switch (widget.kind) {
    case "text":
      return { type: "text", properties: { markdown: widget.markdown } };
    case "alarms":
      return { type: "alarm", properties: { title: widget.title, alarms: widget.alarms.map(({ arn }) => arn) } };
    case "logs":
      return {
        type: "log",
        properties: {
          title: widget.title,
          region,
          view: "table",
          query: [...widget.logGroups.map(({ logGroupName }) => `SOURCE '${logGroupName}'`), ...widget.query].join(
            "\n| ",
          ),
        },
      };
    case "search": {
      const { periodSeconds = 300, search, statistic } = widget;
      return {
        type: "metric",
        properties: {
          title: widget.title,
          region,
          view: "timeSeries",
          period: periodSeconds,
          metrics: [[{ expression: `SEARCH('${search}', '${statistic}', ${periodSeconds})` }]],
        },
      };
    }
    case "graph": {
      const marks = marksOf(widget);
      return {
        type: "metric",
        properties: {
          title: widget.title,
          region,
          view: "timeSeries",
          stacked: widget.stacked ?? false,
          period: widget.periodSeconds ?? 60,
          metrics: widget.lines.map((line) => [
            line.namespace,
            line.name,
            ...Object.entries(line.dimensions ?? {}).flat(),
            {
              stat: line.statistic,
              label: line.label,
              yAxis: line.rightAxis === true ? "right" : undefined,
            },
          ]),
          annotations: marks.length === 0 ? undefined : { horizontal: marks },
        },
      };
    }
  }
}
