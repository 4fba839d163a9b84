"""The style sheet of every page: light and dark, wide and on a phone."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de;
  --paper: #fff; --card: #f6f8fa; --link: #0072b2 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1;
  --line: #3d444d; --paper: #0d1117; --card: #161b22; --link: #56b4e9 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 56rem; padding: 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 1rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem;
  border-top: 1px solid var(--line) }
a { color: var(--link) }
nav { background: var(--card); border-radius: 8px; padding: .75rem 1rem }
nav ol { margin: 0; padding-left: 1.4rem }
nav li { padding: .15rem 0 }
table { border-collapse: collapse; width: 100%; font-size: .93rem;
  overflow-wrap: normal }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line) }
th, small { color: var(--dim); font-weight: 600 }
th.group { color: var(--ink); padding-top: 1.5rem }
th.group::first-letter { text-transform: uppercase }
small { display: block; font-weight: 400 }
td.value { font-variant-numeric: tabular-nums; font-weight: 600 }
td.value, td.interval, td.better { white-space: nowrap }
td.note { color: var(--dim); min-width: 12rem }
dl.about { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem;
  margin: 0 0 1rem; font-size: .93rem }
dl.about dt, dl.terms dt { color: var(--dim); font-weight: 600 }
dd { margin: 0 }
dl.terms dd { margin-bottom: .6rem }
td.measure a { color: inherit }
@media (max-width: 56rem) { /* Every row is a card. */
  table.plain td[data-of]::before { content: attr(data-of) ": "; color: var(--dim) }
  table.plain td[data-of] { flex: 0 0 100% }
  table, tbody, th, td { display: block; overflow-wrap: anywhere }
  thead, td:empty { display: none }
  tr { display: flex; flex-wrap: wrap; column-gap: .8rem; padding: .55rem 0;
    border-bottom: 1px solid var(--line) }
  th, td { border: 0; padding: 0 }
  td.measure, td.note { flex: 0 0 100%; font-weight: 600 }
  td.note { font-weight: 400 }
  td.floors::before { content: "floors: "; color: var(--dim) }
  small { display: inline; margin-left: .4rem }
}
figure { margin: 1rem 0 }
img { display: block; max-width: 100%; height: auto; margin: 0 auto;
  background: #fff; border: 1px solid var(--line); border-radius: 8px }
figcaption { color: var(--dim); font-size: .93rem; margin-top: .5rem }
pre { overflow-x: auto; background: var(--card); border-radius: 8px; padding: 1rem;
  font-size: .8rem; overflow-wrap: normal }
summary { cursor: pointer }
.opening { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr);
  gap: 0 2rem; margin: 0 0 1.5rem }
.opening figure { margin: 0 }
.opening img { width: 100% }
.opening p { margin: 0 0 .6rem; font-size: .86rem; line-height: 1.35 }
.opening h3 { margin: 0 0 .15rem; font-size: 1rem; line-height: 1.3 }
.opening h3 small { display: inline; margin: 0 }
.opening p small { margin: 0; font-size: .78rem }
.opening h3 b { float: right; font-variant-numeric: tabular-nums }
.scale { position: relative; height: .75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 3px; overflow: hidden }
.scale i { position: absolute; top: 0; bottom: 0 }
.scale .value { left: 0; background: #d55e00 }
.scale .interval { top: 35%; bottom: 35%; background: var(--ink); opacity: .55 }
.scale .tick { width: 3px; margin-left: -3px; background: #0072b2 }
.ends { display: flex; justify-content: space-between; color: var(--dim);
  font-size: .78rem; line-height: 1.5 }
@media (min-width: 72rem) { .opening, h1:has(+ .opening) {
  width: 70rem; margin-left: -7rem } }
@media (max-width: 46rem) { .opening { display: block }
  .opening figure { margin-bottom: 1rem } }
"""
