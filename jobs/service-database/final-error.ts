/** Something that a person must mend first: no further try does. */
export class FinalError extends Error {}
