import fc from "fast-check";
import { prose, table, withoutEnvironment } from "../../tools/markdown";

test("prose keeps placeholders visible, and code spans as they are", () => {
  expect(prose("see config/environments/<env>.ts, then `cat <env>.ts | head *`")).toBe(
    "see config/environments/\\<env>.ts, then `cat <env>.ts | head *`",
  );
  expect(prose("``a ` <b>`` <c>")).toBe("``a ` <b>`` \\<c>");
  expect(prose("kms:*")).toBe("kms:\\*");
});

test("a table has one line per row, whatever the cells hold", () => {
  expect(table(["a", "b"], [["x|y", "1\n2"]])).toBe("| a | b |\n| --- | --- |\n| x\\|y | 1<br>2 |");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (rows) => {
      expect(table(["a", "b"], rows).split("\n")).toHaveLength(rows.length + 2);
    }),
  );
});

test.each([
  ["opsdx-dev-db", "opsdx-<env>-db"],
  ["dev-stage1/Db", "<env>-stage1/Db"],
  ["https://trews.dev.opsdx.io", "https://trews.<env>.opsdx.io"],
  ["/opsdx/dev/stage1", "/opsdx/<env>/stage1"],
  ["device developers", "device developers"],
  ["cat x > /dev/null", "cat x > /dev/null"],
])("%s without its environment is %s", (text, expected) => {
  expect(withoutEnvironment(text, "dev")).toBe(expected);
});
