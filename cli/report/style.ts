/** The style of the time line, and the colors. Shapes and hatchings tell as much without them. */
export const PLOT_STYLE = `
:root { --ink: #1b2230; --soft: #5a6475; --rule: #cfd5de; --ground: #f5f7fa; --accent: #1f4e79; --bad: #9b1c2e; }
.time-line { display: block; width: 100%; height: auto; min-width: 720px; font-size: 12px; }
.time-line text { fill: var(--ink); }
.time-line .axis { fill: var(--soft); font-size: 11px; }
.time-line .lane { font-size: 12px; }
.time-line .limit-words { fill: var(--bad); font-size: 11px; }
.grid { fill: none; stroke: #e3e7ed; }
.frame { fill: none; stroke: #8a9099; }
.limit { fill: none; stroke: var(--bad); stroke-width: 1.3; stroke-dasharray: 7 4; }
.age { fill: none; stroke: var(--accent); stroke-width: 2; }
.at-least { fill: none; stroke: var(--accent); stroke-width: 1.4; stroke-dasharray: 3 3; }
.drop { fill: none; stroke: var(--accent); stroke-width: 1; stroke-dasharray: 1 3; }
.between { stroke: none; }
.dot { fill: var(--accent); }
.over { stroke: none; }
.over-hatch { stroke: var(--bad); stroke-width: 1.6; }
.none { fill: #f1f3f6; }
.hatch { stroke: #c9d0da; stroke-width: 1.5; }
.plate { fill: #fff; stroke: var(--rule); }
.mark { stroke-width: 1.6; }
.circle { fill: var(--accent); stroke: var(--accent); }
.ring { fill: #fff; stroke: var(--accent); stroke-width: 2; }
.cross { fill: none; stroke: var(--bad); stroke-width: 2; }
.question { fill: #fff; stroke: var(--bad); }
.diamond { fill: #fff; stroke: var(--ink); }
.triangle { fill: var(--ink); stroke: var(--ink); }
.bar-ground { fill: #fff; }
.bar { stroke: var(--bad); }
.bar-hatch { stroke: var(--bad); stroke-width: 1.8; }
`;

/** The page's style: for a screen, a narrow screen, and paper without color; it loads nothing. */
export const STYLE = `${PLOT_STYLE}
* { box-sizing: border-box; }
html { font: 15px/1.45 "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: var(--ink); background: #fff; }
body { max-width: 1120px; margin: 0 auto; padding: 28px 24px 64px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; color: var(--accent); }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-top: .5rem; border-top: 2px solid var(--accent); overflow-wrap: anywhere; }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .45rem; }
p { margin: .4rem 0; max-width: 78ch; }
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: 2px; }
a:hover { text-decoration-color: currentColor; }
.soft { color: var(--soft); }
.lead { font-size: 1.05rem; color: var(--soft); margin-bottom: 1.2rem; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .2rem 1.2rem; margin: .6rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
td { max-width: 34rem; }
.long { overflow-wrap: anywhere; min-width: 8rem; }
.small { font-size: .87rem; color: var(--soft); }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 .6rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .34rem .7rem .34rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: break-word; }
th { font-weight: 600; font-size: .87rem; color: var(--soft); border-bottom-color: var(--soft); vertical-align: bottom; }
th:last-child, td:last-child { padding-right: 0; }
.n { text-align: right; white-space: nowrap; }
.t { white-space: nowrap; }
.w { min-width: 15rem; }
th.n + :not(.n), td.n + :not(.n) { padding-left: 1.1rem; }
.bad { color: var(--bad); font-weight: 600; }
.rows { font-size: .87rem; color: var(--soft); }
code { font: .87em ui-monospace, "Cascadia Mono", Menlo, "Liberation Mono", monospace; overflow-wrap: anywhere; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
li { margin: .18rem 0; max-width: 90ch; overflow-wrap: anywhere; }
.gaps { background: var(--ground); border-left: 4px solid var(--soft); padding: .6rem 1rem; margin: .8rem 0; }
.gaps h3 { margin: 0 0 .3rem; }
figure { margin: 1rem 0 .6rem; }
.scroll { overflow-x: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.2rem; list-style: none; padding: 0; margin: .4rem 0; font-size: .87rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: .4rem; margin: 0; }
.sign { width: 16px; height: 16px; flex: none; }
.sign.wide { width: 34px; }
@media screen and (max-width: 700px) {
  html { font-size: 14px; }
  body { padding: 16px 14px 40px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .45rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td, caption { display: block; }
  tr { border-bottom: 1px solid var(--soft); padding: .35rem 0; }
  td, td.n + :not(.n) { border: 0; padding: .08rem 0; display: grid; grid-template-columns: 8.5rem 1fr; gap: .6rem; min-width: 0; max-width: none; }
  .n { text-align: left; }
  td > span { overflow-wrap: anywhere; min-width: 0; }
  .n, .t { white-space: normal; }
  td::before { content: attr(data-head); color: var(--soft); font-size: .87rem; }
}
@page { size: A4; margin: 15mm 13mm 16mm; }
@media print {
  :root { --ink: #000; --soft: #444; --rule: #aaa; --accent: #000; --bad: #000; --ground: #fff; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  h2 { break-before: page; margin-top: 0; }
  h2.follows { break-before: auto; margin-top: 1.6rem; }
  h2, h3, caption { break-after: avoid; }
  tr, figure, .gaps, .short { break-inside: avoid; }
  tbody tr:first-child, tbody tr:nth-child(2) { break-before: avoid; }
  table { font-size: 8pt; }
  .t, .n, th, .rows, .small { font-size: 7.6pt; }
  th, td { padding-right: .5rem; }
  th.n + :not(.n), td.n + :not(.n) { padding-left: .6rem; }
  .long { min-width: 5.5rem; }
  thead { display: table-header-group; }
  .w { min-width: 0; }
  .scroll { overflow: visible; }
  .time-line { min-width: 0; }
  a { text-decoration: none; }
  .bad { text-decoration: underline; }
}
`;
