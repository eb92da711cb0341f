import { readConfigFiles } from "../../../config/files";
import { loadConfig, type ConfigInput } from "../../../config/load";
import { deploymentFor, STATE_KEY_ALIAS } from "../../../stacks/deployment";
import { buildProgram } from "../../../stacks/program";
import { collectRunbook } from "../../../tools/runbook/collect";
import { renderRunbook } from "../../../tools/runbook/render";
import { render } from "../../stacks/support";

const today = loadConfig();
const { buckets, domain } = today.global;
const accounts = [today.global.account.id, ...today.environments.map(({ account }) => account.id)];
const OTHER_DOMAIN = "example-clinic.net";

/** What each old name is called in the other configuration. */
const renamed = new Map([
  [domain, OTHER_DOMAIN],
  ...Object.values(buckets).map((name, index) => [name, `clinic-shared-${index}`] as const),
  ...accounts.map((id, index) => [id, `99988877766${index}`] as const),
]);

/** The configuration of another company: domain, buckets and accounts are its own. */
function others(): ConfigInput {
  // Longest first: one name may be the start of another.
  const names = [...renamed].sort(([one], [other]) => other.length - one.length);
  const text = names.reduce((all, [from, to]) => all.replaceAll(from, to), JSON.stringify(readConfigFiles()));
  return JSON.parse(text) as ConfigInput;
}

describe("with another domain, other buckets and other accounts", () => {
  const config = loadConfig(others());
  const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
  const pages = [...renderRunbook(collectRunbook(config, stacks))];
  const descriptions = render(stacks).flatMap((model) =>
    model
      .ofType("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
      .map(({ body }) => String(body["alarm_description"])),
  );
  const texts = [
    ...pages.flatMap(([page, text]) => text.split("\n").map((line) => `${page}: ${line}`)),
    ...descriptions,
  ];
  /** Keys of labels and annotations, and the alias of the state's key, are names of the program: they are no hosts or buckets. */
  const configured = (text: string): string =>
    text.replace(/\bopsdx\.io\/[a-z-]+/g, "").replaceAll(`alias/${STATE_KEY_ALIAS}`, "");

  test("the pages and alarms are all there", () => {
    expect(pages.length).toBeGreaterThan(15);
    expect(descriptions.length).toBeGreaterThan(300);
    expect(texts.filter((text) => text.includes(OTHER_DOMAIN)).length).toBeGreaterThan(20);
  });

  test.each([...renamed.keys()])("%s is nowhere left", (name) => {
    const whole = new RegExp(`(?<![\\w-])${name.replaceAll(".", "\\.")}(?![\\w-])`);
    expect(texts.filter((text) => whole.test(configured(text)))).toEqual([]);
  });

  test.each(Object.keys(buckets))("the bucket %s stands under its new name where a page speaks of it", (key) => {
    const name = config.global.buckets[key as keyof typeof buckets];
    expect(texts.some((text) => text.includes(name))).toBe(true);
  });
});
