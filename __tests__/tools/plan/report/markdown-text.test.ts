import { code, codeBlock, html, link, prose } from "../../../../tools/plan/report/markdown-text";

describe("text of somebody else in Markdown", () => {
  it.each([
    ["# heading", "\\# heading"],
    ["- item", "\\- item"],
    ["1. item", "1\\. item"],
    ["> quote", "\\> quote"],
    ["**bold** _it_ `code`", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\`"],
    ["[a](b) <b> &amp; $x$ ~~c~~", "\\[a\\](b) \\<b\\> \\&amp; \\$x\\$ \\~\\~c\\~\\~"],
    ["a|b\\|c", "a&#124;b&#92;&#124;c"],
    ["two\n\nlines", "two lines"],
    ["<!-- opsdx:plan prod -->", "\\<!-- opsdx:plan prod --\\>"],
    ["bell \u0007 esc \u001b[31m", "bell \\\\u0007 esc \\\\u001b\\[31m".replaceAll("\\\\u", "&#92;u")],
  ])("is text: %j", (text, escaped) => {
    expect(prose(text)).toBe(escaped);
  });

  it.each(["@yanif", "closes #1", "GH-12", "https://github.com/a/b/issues/1", "www.example.org"])(
    "reaches nobody and nothing: %s",
    (text) => {
      const gap = "\u200b";
      for (const escaped of [prose(text), html(text)]) {
        expect(escaped).toContain(gap);
        expect(escaped).not.toContain(text);
      }
    },
  );

  it.each([
    ["a", "`a`"],
    ["a`b", "``a`b``"],
    ["``", "``` `` ```"],
    [" a ", "`  a  `"],
    ["", '`""`'],
    ["a\nb", "`a\\u000ab`"],
    ["\u202egnp", "`\\u202egnp`"],
  ])("ends no code span: %j", (text, span) => {
    expect(code(text)).toBe(span);
  });

  it("ends no block of code", () => {
    expect(codeBlock(["```", "x"], "diff")).toBe("````diff\n```\nx\n````");
  });

  it("is no HTML", () => {
    expect(html(`</summary><img src="x">&`)).toBe("&#60;/summary&#62;&#60;img src=&#34;x&#34;&#62;&#38;");
  });

  it("links to the web only, and leaves no link early", () => {
    expect(link("a]b", "https://x.org/a(b) c")).toBe("[a\\]b](https://x.org/a%28b%29%20c)");
    expect(link("a", "javascript:alert(1)")).toBe("a");
    expect(link("a", undefined)).toBe("a");
  });
});
