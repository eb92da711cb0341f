/** What `--help` shows below each command's usage. */
export const EXAMPLES = {
  etl: `
Examples:
  npx opsdx etl status dev                        every ETL
  npx opsdx etl launch dev epic2op                one run, now
  npx opsdx etl rerun dev epic2op 20260308-1415   a slot once more
  npx opsdx etl backfill dev c2dw --from 2026-03-01 --to 2026-03-08
  npx opsdx etl pause dev epic2op                 until the next deploy
  npx opsdx etl logs dev epic2op --follow

docs/etl.md says what each does, and what the outcomes mean.`,

  status: `
Examples:
  npx opsdx etl status dev
  npx opsdx etl status prod c2dw-daily
  npx opsdx etl status prod --json | jq '.[] | {etl, schedule}'

Changes nothing. What can't be read is unknown, with the reason below the table. In JSON it is {"error": reason}; what was read is
{"value": ...}. Exit code 1 when nothing could be read.`,

  launch: `
Examples:
  npx opsdx etl launch dev epic2op
  npx opsdx etl launch dev c2dw --env LOG_LEVEL=debug --env TABLES=labs,vitals

Asks the launcher's function, as the schedule does; the slot is the current minute. Launched: a Job was made. Skipped: another run of the
ETL is on its way. Duplicate: the minute has its Job already. Exit code 0 when launched, 3 when skipped or duplicate, 1 when it failed.`,

  rerun: `
Examples:
  npx opsdx etl rerun dev epic2op 20260308-1415
  npx opsdx etl rerun prod c2dw-daily 2026-03-08T13:00:00Z
  npx opsdx etl rerun dev c2dw 20260308-1622 --off-schedule

The slot is a moment that the schedule has, in UTC. Its Job is deleted, with its pods, and the slot launched again. A range that the Job
loaded (backfill) is loaded again; give --env again where it had any. Refused while a run is on its way: --kill ends the slot's own.
Interrupted: repeat it. Exit codes as of launch.`,

  backfill: `
Examples:
  npx opsdx etl backfill dev c2dw --from 2026-03-01 --to 2026-03-08
  npx opsdx etl backfill prod epic2op --from 2026-03-08T06:00:00Z --to 2026-03-08T12:00:00Z

One run that loads from one moment to another, both UTC; a day is its first moment. At most etls.<etl>.backfillMaxDays of config/environments/<env>.ts,
and the run's deadline holds for it too. The ETL must be idle. Outcomes and exit codes as of launch.`,

  pause: `
Examples:
  npx opsdx etl pause dev epic2op
  npx opsdx etl pause prod all

Turns the switch of the EventBridge schedule and nothing else. A run that is on its way goes on. The next deploy puts the switch back to
what config says: for longer, set etls.<etl>.enabled: false in config/environments/<env>.ts and deploy. It can be repeated.`,

  resume: `
Examples:
  npx opsdx etl resume dev epic2op
  npx opsdx etl resume prod all

Slots that passed meanwhile are not made up for: \`etl rerun\` launches one, \`etl backfill\` loads a range. An ETL that config switches off
stays off, unless forced. It can be repeated.`,

  stop: `
Examples:
  npx opsdx etl stop dev epic2op         show what would be killed
  npx opsdx etl stop dev epic2op --yes   kill it

Deletes the Job with its pods, and waits until they are gone. What the run has loaded so far stays. Its slot is free again; the schedule
goes on with the next: \`etl pause\` stops that.`,

  logs: `
Examples:
  npx opsdx etl logs dev epic2op --since 30m
  npx opsdx etl logs dev epic2op --follow
  npx opsdx etl logs dev epic2op --launcher --since 1d | jq -c '{outcome, job, Reason}'

Reads CloudWatch: also of runs whose pods are gone. The lines may hold PHI: don't copy them to a laptop.`,
} as const;
