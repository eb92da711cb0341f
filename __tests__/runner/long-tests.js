// Whole programs, one after the other: a minute or two on an idle machine. Jest reads no limit of a project's own.
jest.setTimeout(600_000);
