/** Why an engine could not be installed: one clause, fit for "... does not run here: {reason}". */
export class InstallError extends Error {}
