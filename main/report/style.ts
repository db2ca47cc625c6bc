/** The one style sheet of HTML reports: light, dark and print. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2128; --muted: #5b6570; --grid: #dde2e7; --card: #f5f7f9; --link: #0b5cad;
  --good: #00704f; --bad: #b34700; --note: #0b5cad; --plain: #5b6570;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101418; --text: #e4e9ee; --muted: #98a3ae; --grid: #2b343d; --card: #181e24; --link: #7db8f5;
    --good: #3fc59b; --bad: #ff9a5c; --note: #7db8f5; --plain: #98a3ae;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; font-weight: 650; }
h2 { font-size: 1.25rem; margin: 3.2rem 0 0.9rem; font-weight: 650; }
h3 { font-size: 1rem; margin: 1.8rem 0 0.6rem; font-weight: 600; }
p { margin: 0.4rem 0; max-width: 46rem; }
.muted, figcaption, caption, .notice { color: var(--muted); font-size: 0.875rem; }
.over { color: var(--muted); font-size: 0.875rem; margin: 0 0 0.3rem; }
.notice { margin-top: 0.9rem; }
.verdict { margin-top: 1.8rem; padding: 1.2rem 1.4rem; background: var(--card); border-left: 5px solid var(--plain); border-radius: 4px; }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); } .verdict.note { border-color: var(--note); }
.verdict .badge { font-size: 0.8rem; font-weight: 650; letter-spacing: 0.04em; text-transform: uppercase; color: var(--plain); }
.verdict.good .badge { color: var(--good); } .verdict.bad .badge { color: var(--bad); } .verdict.note .badge { color: var(--note); }
.verdict .expected { margin: 0 0 0.5rem; max-width: 52rem; }
.verdict .sentence { font-size: 1.15rem; font-weight: 550; margin: 0.15rem 0 0.5rem; max-width: 52rem; }
.verdict ul { margin: 0.4rem 0 0; padding-left: 1.2rem; } .verdict li { margin: 0.15rem 0; max-width: 52rem; }
.partial { margin-top: 1rem; padding: 0.7rem 1rem; border: 1px solid var(--bad); border-radius: 4px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; margin: 1.4rem 0 0; background: var(--grid); border: 1px solid var(--grid); border-radius: 4px; overflow: hidden; }
.tiles div { background: var(--page); padding: 0.8rem 1rem; }
.tiles dt { color: var(--muted); font-size: 0.8rem; } .tiles dd { margin: 0.1rem 0 0; font-size: 1.2rem; font-weight: 600; }
.tiles dd small { font-size: 0.8rem; font-weight: 400; color: var(--muted); display: block; }
.row { margin: 0 0 1.6rem; }
.row .panels { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; }
.row .panels.one { grid-template-columns: minmax(0, 24rem); }
.panel { display: block; width: 100%; height: auto; background: #000; border-radius: 3px; }
.panel text { font-family: inherit; paint-order: stroke; stroke: #000; stroke-width: 1.6px; stroke-opacity: 0.65; stroke-linejoin: round; }
.heads { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; font-size: 0.875rem; font-weight: 600; margin-bottom: 0.35rem; }
figure { margin: 0; } figcaption { margin-top: 0.3rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.35rem 1.3rem; margin: 0 0 1rem; padding: 0; list-style: none; font-size: 0.875rem; }
.legend li { display: flex; align-items: center; gap: 0.45rem; } .legend svg { width: 1.6rem; height: 0.9rem; flex: none; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem 1.2rem; }
.curve, .bars { display: block; width: 100%; height: auto; } .bars { max-width: 40rem; }
.fill-text { fill: var(--text); } .fill-muted { fill: var(--muted); } .fill-grid { fill: var(--grid); }
.stroke-grid { stroke: var(--grid); } .stroke-text { stroke: var(--text); } .stroke-muted { stroke: var(--muted); }
.definitions { position: absolute; width: 0; height: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.42rem 0.9rem 0.42rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { font-weight: 600; } thead th { color: var(--muted); font-weight: 500; font-size: 0.8rem; }
.number { text-align: right; white-space: nowrap; } .whole td, .whole th { font-weight: 600; }
.facts th { width: 13rem; color: var(--muted); font-weight: 400; }
.mono { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, monospace; font-size: 0.82rem; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 0.75rem; height: 0.75rem; margin-right: 0.5rem; vertical-align: -0.05rem; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--grid); color: var(--muted); font-size: 0.875rem; }
@media (max-width: 40rem) { main { padding: 1.5rem 1rem 3rem; } .facts th { width: auto; } }
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --muted: #444; --grid: #ccc; --card: #f5f7f9; --good: #00704f; --bad: #b34700; --note: #0b5cad; font-size: 10pt; }
  @page { size: A4; margin: 16mm 14mm; }
  main { max-width: none; padding: 0; } h2 { margin-top: 1.6rem; break-after: avoid; } .row, .verdict, tr, .curve { break-inside: avoid; }
  .panel, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
