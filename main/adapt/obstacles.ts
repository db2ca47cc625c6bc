import type { Companions, Model, ParameterGroup } from '../model/model.ts'

/** Why a method cannot be used on a model: halves of a sentence that begins with "it does not apply". */

export function nothingToTrain(model: Model, group: ParameterGroup): string | undefined {
  if (model.parameters(group).length) return undefined
  return group === 'norm-affine'
    ? 'it has no norm layers to train (or they were folded away)'
    : `it has no parameters of the kind ${group}`
}

export function noStatistics(model: Model): string | undefined {
  return model.normLayers.length
    ? undefined
    : 'it has no batch-norm layers (or they were folded away), whose statistics tell what the training scans looked like'
}

const companionNames: Record<keyof Companions, string> = {
  shapePrior: 'a denoising autoencoder of its masks (shape-prior.onnx)',
  rotation: 'a head that tells how far a slice was turned (rotation.onnx)',
  restoration: 'a head that restores hidden parts of a slice (restoration.onnx)',
}

export function noCompanion(model: Model, kind: keyof Companions): string | undefined {
  if (model.companions[kind]) return undefined
  return `its folder lacks ${companionNames[kind]}, which has to be trained together with it`
}
