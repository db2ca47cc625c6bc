/**
 * Windows by modality, for a lab to edit. Fixed ones in the units of the scan (CT: HU, usual textbook values); relative ones
 * for what has no fixed scale: shares of the automatic window's width, its centre moved by a share of that width.
 */
type Fixed = { readonly name: string; readonly width: number; readonly center: number }
type Relative = { readonly name: string; readonly widthShare: number; readonly centerShift: number }

export const windowPresets: Readonly<Record<string, readonly (Fixed | Relative)[]>> = {
  CT: [
    { name: 'Brain', width: 80, center: 40 },
    { name: 'Lung', width: 1500, center: -600 },
    { name: 'Bone', width: 2000, center: 400 },
    { name: 'Abdomen', width: 400, center: 40 },
    { name: 'Liver', width: 150, center: 90 },
    { name: 'Mediastinum', width: 350, center: 50 },
    { name: 'Angiography', width: 600, center: 200 },
    { name: 'Stroke', width: 40, center: 40 },
    { name: 'Subdural', width: 200, center: 75 },
  ],
  other: [
    { name: 'More contrast', widthShare: 0.6, centerShift: 0 },
    { name: 'Less contrast', widthShare: 1.6, centerShift: 0 },
    { name: 'Dark parts', widthShare: 0.5, centerShift: -0.25 },
  ],
}
