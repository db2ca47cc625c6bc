/**
 * The bundles of the desktop app, below out/app: a folder that Electron and plain Node run as it stands. Modules stay files of
 * their own in the tree of the sources, so what they find beside themselves they find there too; npm packages stay packages.
 */
import { join } from 'node:path'
import { defineConfig } from 'electron-vite'
import { bundledModuleUrls, copyDataFiles } from './build/bundle.ts'
import renderer from './vite.config.ts'

const root = import.meta.dirname
const app = join(root, 'out/app')

export default defineConfig({
  main: {
    plugins: [bundledModuleUrls(), copyDataFiles(root)],
    build: {
      outDir: app,
      target: 'node24',
      rolldownOptions: {
        input: ['main/host/electron.ts', 'main/host/worker.ts', 'main/cli/main.ts'].map((file) => join(root, file)),
        output: { preserveModules: true, preserveModulesRoot: root, entryFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: join(app, 'main/host'),
      emptyOutDir: false,
      rolldownOptions: {
        input: join(root, 'main/host/electron-preload.ts'),
        // A sandboxed preload script can be no ES module, and a package.json says that .js files are.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    ...renderer,
    build: {
      ...renderer.build,
      outDir: join(app, 'out/renderer'),
      rolldownOptions: { input: join(root, 'renderer/index.html') },
    },
  },
})
