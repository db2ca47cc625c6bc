import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{main,renderer,fixtures,models,tests,build}/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 240_000,
    reporters: ['default', './build/vitest-closing-line.ts'],
  },
})
