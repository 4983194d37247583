/** The style of the page: light and dark, phone and print. It loads nothing. */

const light = `
--page: #f6f7f9; --card: #ffffff; --ink: #1c2330; --faint: #5b6576; --line: #d9dee6;
--good: #1a7f4b; --bad: #b3261e; --open: #8a5a00; --link: #2458a6;
--own: #2458a6; --other: #c26a00; --limit: #b3261e;
--added: #e3f4e9; --removed: #fbe5e3; --code: #f1f3f6;
--cell0: #eef1f5; --cell1: #c9d8ee; --cell2: #9db9e0; --cell3: #f2b37a; --cell4: #e07b39; --cell5: #b3261e;`;

const dark = `
--page: #12161d; --card: #1a2029; --ink: #e6eaf0; --faint: #9aa5b5; --line: #313a48;
--good: #58c98b; --bad: #ff8a80; --open: #f0b95a; --link: #8ab4f8;
--own: #8ab4f8; --other: #ffb463; --limit: #ff8a80;
--added: #173427; --removed: #43211f; --code: #141921;
--cell0: #262e3a; --cell1: #2d456b; --cell2: #44699f; --cell3: #8f5a26; --cell4: #d07a33; --cell5: #ff8a80;`;

/** CSS of the page of a gate. */
export const gateStyle = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 20px 16px 48px; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 32px 0 10px; }
h3 { font-size: 1rem; margin: 0 0 8px; overflow-wrap: anywhere; }
p { margin: 0 0 8px; overflow-wrap: anywhere; }
ul { margin: 0 0 8px; padding-left: 20px; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.badge { display: inline-block; padding: 1px 9px; border: 1px solid currentColor; border-radius: 99px;
  font-size: .82rem; font-weight: 600; white-space: nowrap; }
.passed, .identical, .within, .tie, .ok { color: var(--good); }
.failed, .beyond, .suspect { color: var(--bad); }
.open, .undecided, .unjudged { color: var(--open); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px;
  margin: 0 0 14px; min-width: 0; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--faint); font-weight: 600; white-space: nowrap; }
td.name { overflow-wrap: anywhere; min-width: 9rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; margin: 0 0 10px; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
code, pre { font: .86rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
pre { background: var(--code); border-radius: 6px; padding: 10px 12px; margin: 0 0 10px; overflow-x: auto; }
pre.replay { white-space: pre-wrap; overflow-wrap: anywhere; }
pre .added { background: var(--added); display: inline-block; min-width: 100%; }
pre .removed { background: var(--removed); display: inline-block; min-width: 100%; }
pre .hunk { color: var(--faint); }
figure { margin: 0 0 12px; min-width: 0; }
figcaption { font-size: .88rem; color: var(--faint); margin: 0 0 4px; overflow-wrap: anywhere; }
.plots { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.axis { stroke: var(--line); stroke-width: 1; }
.limit { stroke: var(--limit); stroke-width: 1.2; stroke-dasharray: 5 3; }
.own { fill: var(--own); }
.own.out { fill: var(--limit); }
.other { fill: none; stroke: var(--other); stroke-width: 1.6; }
.map rect { stroke: var(--card); stroke-width: 1; }
.c0 { fill: var(--cell0); } .c1 { fill: var(--cell1); } .c2 { fill: var(--cell2); }
.c3 { fill: var(--cell3); } .c4 { fill: var(--cell4); } .c5 { fill: var(--cell5); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: .85rem; color: var(--faint); }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 5px;
  vertical-align: -1px; border: 1px solid var(--line); }
.legend .dot { border-radius: 50%; background: var(--own); border: 0; }
.legend .cross { border-radius: 50%; background: var(--limit); border: 0; }
.legend .ring { border-radius: 50%; border: 2px solid var(--other); }
.legend .k0 { background: var(--cell0); } .legend .k1 { background: var(--cell1); }
.legend .k2 { background: var(--cell2); } .legend .k3 { background: var(--cell3); }
.legend .k4 { background: var(--cell4); } .legend .k5 { background: var(--cell5); }
summary { cursor: pointer; overflow-wrap: anywhere; }
details > *:not(summary) { margin-top: 10px; }
@media (max-width: 560px) {
  main { padding: 14px 10px 32px; }
  .card { padding: 12px; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin: 0 0 6px; }
  table.wide thead { display: none; }
  table.wide, table.wide tbody, table.wide tr, table.wide td { display: block; }
  table.wide tr { padding: 6px 0; }
  table.wide tr + tr { border-top: 1px solid var(--line); }
  table.wide td { border: 0; padding: 1px 0; text-align: left; white-space: normal; }
  table.wide td.number { display: inline-block; margin-right: 14px; }
  table.wide td[data-label]::before { content: attr(data-label) ' '; color: var(--faint); }
}
@media print {
  :root { ${light} --page: #ffffff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  .card, figure, tr { break-inside: avoid; }
  .card.long { break-inside: auto; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; overflow: visible; }
  .scroll { overflow: visible; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
