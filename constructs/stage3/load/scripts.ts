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
 * Runs the test. A signal to the pod ends it as any other reason does, by the file that it looks at each second: reports are written whole.
 */
export const RUN_SCRIPT = `set -u
out="$LOAD_OUT"
mkdir -p "$out"
trap 'echo "its pod was stopped" > "$out/stop"' TERM INT
LOAD_PLAN="$LOAD_TEST/plan-$${RUN_VARIABLES.profile}.json"
export LOAD_PLAN
locust --locustfile "$LOAD_TEST/locustfile.py" --csv "$out/load" --html "$out/report.html" ${LOCUST_WORDS.join(" ")} &
locust=$!
wait "$locust"
code=$?
while kill -0 "$locust" 2>/dev/null; do wait "$locust"; code=$?; done
echo "$code" > "$out/ended"
`;

/**
 * Looks at the web service's alarms until the test has ended, and stops it when one fires, or when for a minute nobody tells; then puts
 * what was seen into the bucket. The person who began it may have gone.
 */
export const REPORT_SCRIPT = `set -u
out="$LOAD_OUT"
mkdir -p "$out"
trap : TERM INT
silent=0
while [ ! -e "$out/ended" ]; do
  if fired=$(aws cloudwatch describe-alarms --alarm-names $LOAD_ALARMS --state-value ALARM --query "MetricAlarms[].AlarmName" --output text); then
    silent=0
    if [ -n "$fired" ] && [ ! -e "$out/stop" ]; then echo "the alarm $fired" > "$out/stop"; fi
  else
    silent=$((silent + 1))
    if [ "$silent" -ge 6 ] && [ ! -e "$out/stop" ]; then echo "nobody tells how the alarms stand" > "$out/stop"; fi
  fi
  sleep "$LOAD_LOOK_SECONDS" &
  wait $!
done
exec aws s3 cp --recursive --only-show-errors "$out" "s3://$LOAD_BUCKET/load/$${RUN_VARIABLES.run}/"
`;

/** Variables of both scripts that do not depend on the environment. */
export const SCRIPT_VARIABLES = { LOAD_OUT: OUT, LOAD_TEST: TEST.folder, LOAD_LOOK_SECONDS: "10" } as const;
