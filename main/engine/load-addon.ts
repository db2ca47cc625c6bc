// Entry of the process that addon-files.ts starts to see whether an addon loads: it may end the process.
process.dlopen({ exports: {} }, process.argv[2]!)
