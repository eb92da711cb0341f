/**
 * Page-level alarms that no drill makes fire, by what they have in common (`kind`), each with why. A name may be a pattern, for alarms that
 * are named after what the configuration lists.
 */
export const WAIVED: Readonly<Record<string, string>> = {
  "alarms-delivery-failing":
    "AWS counts what SNS cannot deliver: a subscription that is broken on purpose would lose real pages with it.",
  "cis-root-use": "Root signs in once a year, by two people, and the alarm is looked at then (runbook, Audit).",
  "cis-cloudtrail-changes": "A trail that is stopped for a drill has a hole that nobody can fill again.",
  "cis-key-disabled-or-deleted":
    "A key that is disabled takes what it encrypts away; its filter is tested with events as AWS writes them.",
  "audit-backups-removed":
    "Backups are locked: nothing is removed for a drill. Its filter is tested with events as AWS writes them.",
  "audit-calls-in-other-regions":
    "Roles may do nothing there (boundary), so nobody could make it fire without taking that away first.",
  "(apex-zone|dns)-dnssec-(internal-failure|key-needs-action)":
    "AWS raises them for the keys of a zone: a broken chain of trust would take every name away for a day.",
  "nat-port-allocation": "It takes 55,000 connections to one address outside, which would look like an attack there.",
  "(cpu|connections)-high|memory-low": "A load run takes the database there, and stops at these alarms.",
  "storage-low": "A volume of RDS grows and never shrinks: filling it costs for ever.",
  "transaction-ids-high": "It takes a billion transactions; AWS's number is measured, and the threshold is AWS's own.",
  "connection-slots|out-of-memory":
    "Lines of PostgreSQL's log, which its filter is tested with; a database without memory may lose what it was given.",
  "web-(elb-5xx|5xx-rate|connections-rejected)":
    "Shares of requests, of which dev has too few: a load run is ended by them, and web-no-healthy-target is the drill of an outage.",
  "etl-scheduler-(dropped|lost)":
    "AWS counts what its scheduler gives up: that needs a queue whose key refuses it, in which real slots would be lost.",
  "notifications-failing":
    "A receiver that is broken on purpose loses real pages; that Prometheus falls silent altogether is a drill (prometheus-down).",
  "behavior-.*-below-floor":
    "A floor is tried on a PostgreSQL of one's own, with data and without: opsdx monitors test.",
};

/** Alarms whose drill belongs to a system that an environment may do without, with why the alarm is not rehearsed then. */
export const WAIVED_WITHOUT_SYSTEM: Readonly<Record<string, string>> = {
  "failed-login":
    "Its drill gives Redash a wrong password; without Redash, its filter is tested with lines as PostgreSQL writes them.",
};
