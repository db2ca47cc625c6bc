import { airOf, filterStudy } from '../correction.ts'
import { gainFor } from '../input-phase.ts'
import { defineMethod } from '../method.ts'

/**
 * Fourier style: bring the scan's spectrum, its sharpness and noise, to that of the training scans; nothing is trained. The
 * label-free part of SFDA-FSM (Yang et al., MedIA 2022, arXiv:2205.07491): M13 of methods.md, from the card's spectrum in
 * place of images made up from norm statistics. Fails where another field of view or zero-filling moved the spectrum.
 */
export const fourierStyle = defineMethod({
  title: 'Fourier style (spectrum match)',
  summary:
    'Filters the scan until it is as sharp and as noisy as the training scans. Nothing is trained, so it is safe; contrast between tissues is out of its reach.',
  reference: 'Yang et al., MedIA 2022, arXiv:2205.07491',
  options: {
    strength: { value: 1, min: 0, max: 2, help: 'Exponent of the filter: 1 matches fully, 0 does nothing.' },
    slices: { value: 24, min: 1, max: 1000, integer: true, help: 'Slices to estimate the spectrum on, evenly spread.' },
  },
  obstacle: ({ card }) =>
    card.source.spectrum && card.source.spectrumSize
      ? undefined
      : 'its card holds no spectrum of the training scans (source.spectrum)',
  slices: ({ slices }) => slices,
  passes: () => 1,
  async *correct(work) {
    const gain = gainFor(work, true)!.map((value) => value ** work.options.strength)
    const air = airOf(filterStudy(work.study, { spectrumGain: gain }))
    work.correct({ spectrumGain: gain, air, targetAir: air })
    const strongest = gain.reduce((most, value) => (Math.abs(value - 1) > Math.abs(most - 1) ? value : most), 1)
    yield await Promise.resolve({ measures: { 'strongest gain': strongest } })
  },
})
