import { stylesheet } from '../style.ts'

/** The run's style sheet, and what only cohorts have: wide tables, numbered captions, figures. */
export const cohortStylesheet = `${stylesheet}
main { max-width: 74rem; }
.results { padding-left: 1.2rem; max-width: 56rem; } .results li { margin: 0.45rem 0; }
.captioned { margin: 1.6rem 0 2.2rem; } .captioned figcaption, .captioned > p { margin: 0 0 0.6rem; max-width: 60rem; font-size: 0.9rem; color: var(--text); }
.captioned b { font-weight: 650; }
.captioned .legend { margin: 0.2rem 0 0.7rem; }
.plot { display: block; width: 100%; max-width: 56rem; height: auto; margin-bottom: 0.8rem; }
.pairs { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.9rem 1.4rem; max-width: 64rem; } .pairs .plot { margin: 0; }
.dense table { font-size: 0.82rem; } .dense th, .dense td { padding: 0.32rem 0.8rem 0.32rem 0; } .dense tbody th { font-weight: 500; }
.dense .number { white-space: normal; font-variant-numeric: tabular-nums; } .dense td.number { white-space: nowrap; } .dense thead .number { min-width: 4.2rem; }
.dense .number:last-child { padding-right: 0; }
.montage h3 { margin: 1.2rem 0 0.4rem; }
@media (max-width: 40rem) { .pairs { grid-template-columns: 1fr; } }
@media print { .captioned { margin: 1rem 0 1.2rem; break-inside: auto; } .captioned figcaption, .captioned > p, .captioned .legend { break-after: avoid; break-inside: avoid; } .captioned:has(.single) { break-inside: avoid; } .dense thead .number { min-width: 0; } .plot, .swatch, .legend svg { break-inside: avoid; print-color-adjust: exact; -webkit-print-color-adjust: exact; } .dense table { font-size: 6.6pt; } .dense th, .dense td { padding: 1.5pt 4pt 1.5pt 0; } .dense td.number { white-space: normal; } }
`
