/** Installers of the app that `npm run build:app` laid out in out/app. docs/packaging.md tells the why of the choices. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { thisBuild } from './main/app/build-files.ts'
import { engineFolder } from './main/engine/files.ts'

/** The CPU engine of this machine, where it is set up: an installed app needs no compiler then. */
const engine = process.env.SCANBRIDGE_PACKAGE_ENGINE === 'none' ? undefined : engineFolder('cpu')
const hasEngine = engine !== undefined && existsSync(join(engine, 'engine.json'))

/** Of npm packages, what nothing reads when the app runs. */
const leftOut = [
  '**/*.{map,flow,ts,mts,cts,tsx,tgz}',
  '**/{test,tests,__tests__,test_data,docs,example,examples,demo,benchmarks,coverage,.github,.vscode}/**',
  // TensorFlow.js ships each package in several forms; Node takes dist/*.node.js.
  '@tensorflow/*/{src,scripts}/**',
  '@tensorflow/*/dist/*.{es2017,fesm}*.js',
  '@tensorflow/*/dist/**/*.{min.js,d.ts}',
  '@tensorflow/*/dist/**/*_test.js',
  // What only tfjs-node's install script needs, which never runs.
  '@mapbox/**',
  // Half of all files, for browsers that lack what Node has; no file that Node loads asks for them.
  '{core-js,core-js-pure,@babel/runtime-corejs3}/**',
  // Tools that some packages name as if they needed them to run.
  '{@rollup,@types}/**',
]

export default {
  appId: 'org.scanbridge.app',
  productName: 'Scanbridge',
  copyright: 'Apache-2.0, the Scanbridge authors',
  directories: { output: 'dist', buildResources: 'build/icons' },
  extraMetadata: { main: 'main/host/electron.js', commit: thisBuild().commit },
  files: [
    { from: 'out/app', to: '.', filter: ['**/*', '!package.json', '!**/*.map'] },
    // Left out by electron-builder as sources, but `scanbridge engine install` compiles them.
    ...['tfjs-node', 'tfjs-node-gpu']
      .map((name) => `node_modules/@tensorflow/${name}/binding`)
      .map((folder) => ({ from: folder, to: folder })),
    'package.json',
    ...leftOut.map((pattern) => `!node_modules/${pattern}`),
  ],
  asar: true,
  // Libraries, and what a compiler reads: neither can be taken out of an archive.
  asarUnpack: [
    '**/*.{node,so,dylib,dll}',
    '**/quiet.c',
    'node_modules/@tensorflow/tfjs-node*/binding/**',
    'node_modules/node-api-headers/**',
  ],
  extraResources: [{ from: 'LICENSE', to: 'LICENSE.txt' }, ...(hasEngine ? [{ from: engine, to: 'engine/cpu' }] : [])],
  // Addons are Node-API: one build serves any Node.
  npmRebuild: false,
  // A translation of Electron's own few words is not worth 40 MB.
  electronLanguages: ['en', 'en-US'],
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  // No ZIP: Scanbridge opens them, but is not what most of them are for.
  fileAssociations: [
    { ext: 'dcm', name: 'DICOM', description: 'DICOM image', mimeType: 'application/dicom', role: 'Viewer' },
    { ext: 'nii', name: 'NIfTI', description: 'NIfTI image', mimeType: 'application/x-nifti', role: 'Viewer' },
    {
      ext: 'nii.gz',
      name: 'NIfTI compressed',
      description: 'NIfTI image',
      mimeType: 'application/x-nifti-gz',
      role: 'Viewer',
    },
  ],
  linux: {
    target: ['AppImage', 'deb'],
    category: 'Science',
    executableName: 'scanbridge',
    maintainer: 'The Scanbridge authors',
    icon: 'build/icons',
  },
  win: { target: ['nsis', 'portable'], icon: 'build/icons/icon.ico' },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  mac: {
    target: ['dmg'],
    category: 'public.app-category.medical',
    hardenedRuntime: true,
    icon: 'build/icons/icon.icns',
  },
  publish: null,
}
