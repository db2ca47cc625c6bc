// The table of docs: who may import whom. Keys are folders below main/, values the folders they may import from.
const allowed = {
  volume: [],
  engine: [],
  contract: [],
  dicom: ['volume'],
  evaluate: ['volume'],
  runs: ['volume'],
  model: ['engine', 'volume'],
  predict: ['volume', 'engine', 'model'],
  adapt: ['volume', 'engine', 'model', 'predict'],
  report: ['volume', 'evaluate', 'runs'],
  app: ['volume', 'engine', 'contract', 'dicom', 'evaluate', 'runs', 'model', 'predict', 'adapt', 'report'],
  // cli: the installed app's command line is the shell without a window.
  host: ['app', 'contract', 'cli'],
  cli: ['app', 'contract', 'host'],
}
const test = '\\.test\\.ts$'
const folderRules = Object.entries(allowed).map(([folder, others]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^main/${folder}/`, pathNot: test },
  to: { path: '^(main|renderer)/', pathNot: `^main/(errors\\.ts|(${[folder, ...others].join('|')})/)` },
}))
module.exports = {
  forbidden: [
    ...folderRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'electron-only-in-its-host',
      severity: 'error',
      from: { pathNot: '^main/host/electron' },
      to: { path: 'node_modules/electron/' },
    },
    {
      name: 'disk-only-in-files',
      severity: 'error',
      from: { path: '^main/', pathNot: `(files\\.ts$|^main/(host|cli)/|${test})` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'fixtures-import-volume',
      severity: 'error',
      from: { path: '^fixtures/', pathNot: test },
      to: { path: '^main/', pathNot: '^main/(volume/|errors)' },
    },
    {
      name: 'fixtures-used-by-training',
      severity: 'error',
      from: { path: '^main/', pathNot: `(${test}|^main/(host|cli)/)` },
      to: { path: '^(fixtures|models/training)/' },
    },
    {
      name: 'renderer-imports-contract-types',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^main/', pathNot: '^main/contract/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
}
