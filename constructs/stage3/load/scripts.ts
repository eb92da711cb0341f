import { OUT, RUN_VARIABLES, TEST } from "./names";

/** Words of Locust's command line that every run has, wherever it runs; paths and plan come by variables. */
export const LOCUST_WORDS = [
  "--headless",
  "--only-summary",
  // What failed is judged from the summary.
  ...["--exit-code-on-error", "0"],
  // A request that is under way at the end may end.
  ...["--stop-timeout", "10"],
] as const;

/** Seconds in which a run that is stopped ends: a look at the file, requests under way, reports. */
export const STOP_SECONDS = 30;

/**
 * Seconds after which a container of the pod takes the other one for dead, when that has left no sign. One that is killed for its memory
 * takes its shell with it, which can't say so.
 */
export const STALE_SECONDS = 90;

/** Seconds in which somebody must tell how the alarms stand. */
export const ALARM_SILENCE_SECONDS = 60;

/**
 * Runs the test, once the other container has seen how the alarms stand. A signal to the pod ends it as any other reason does, by the file
 * that it looks at each second: reports are written whole, also of one that was stopped before it began.
 */
export const RUN_SCRIPT = `set -u
out="$LOAD_OUT"
mkdir -p "$out"
trap 'echo "its pod was stopped" > "$out/stop"' TERM INT
while [ ! -e "$out/watched" ] && [ ! -e "$out/stop" ]; do
  touch "$out/alive"
  sleep 1 &
  wait $!
done
LOAD_PLAN="$LOAD_TEST/plan-$${RUN_VARIABLES.profile}.json"
export LOAD_PLAN
touch "$out/alive"
locust --locustfile "$LOAD_TEST/locustfile.py" --csv "$out/load" --html "$out/report.html" ${LOCUST_WORDS.join(" ")} &
locust=$!
wait "$locust"
code=$?
while kill -0 "$locust" 2>/dev/null; do wait "$locust"; code=$?; done
echo "$code" > "$out/ended"
`;

/**
 * Looks at the web service's alarms until the test has ended, or is dead, and stops it when one fires, or when for a minute nobody tells;
 * then puts what was seen into the bucket. The person who began it may have gone. Each look has few seconds, whatever AWS does; after a signal
 * the test has half of the pod's time, and the reports' way the other half.
 */
export const REPORT_SCRIPT = `set -u
out="$LOAD_OUT"
mkdir -p "$out"
asked=""
trap '[ -n "$asked" ] || asked=$(date +%s); LOAD_LOOK_SECONDS=1' TERM INT
past() { [ $(($(date +%s) - $1)) -ge "$2" ]; }
stop() { [ -e "$out/stop" ] || echo "$1" > "$out/stop"; }
told=$(date +%s)
while [ ! -e "$out/ended" ]; do
  if [ -n "$asked" ]; then
    if past "$asked" "$LOAD_STOP_SECONDS"; then break; fi
  elif fired=$(AWS_MAX_ATTEMPTS=1 timeout 15 aws cloudwatch describe-alarms --alarm-names $LOAD_ALARMS --state-value ALARM --query "MetricAlarms[].AlarmName" --output text --cli-connect-timeout 5 --cli-read-timeout 5); then
    told=$(date +%s)
    touch "$out/watched"
    if [ -n "$fired" ]; then stop "the alarm $fired"; fi
  elif past "$told" "$LOAD_SILENCE_SECONDS"; then
    stop "nobody tells how the alarms stand"
  fi
  if [ -e "$out/alive" ] && past "$(stat -c %Y "$out/alive")" "$LOAD_STALE_SECONDS"; then break; fi
  sleep "$LOAD_LOOK_SECONDS" &
  wait $!
done
exec aws s3 cp --recursive --only-show-errors "$out" "s3://$LOAD_BUCKET/load/$${RUN_VARIABLES.run}/"
`;

/** Variables of both scripts that do not depend on the environment. */
export const SCRIPT_VARIABLES = {
  LOAD_OUT: OUT,
  LOAD_TEST: TEST.folder,
  LOAD_LOOK_SECONDS: "10",
  LOAD_SILENCE_SECONDS: `${ALARM_SILENCE_SECONDS}`,
  LOAD_STALE_SECONDS: `${STALE_SECONDS}`,
  LOAD_STOP_SECONDS: `${STOP_SECONDS}`,
} as const;
