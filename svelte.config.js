/** Read by the Vite plugin, svelte-check and the editor. */
export default { compilerOptions: { runes: true } }
