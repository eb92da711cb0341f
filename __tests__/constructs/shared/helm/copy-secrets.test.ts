import { copySecretsNow } from "../../../../constructs/shared/helm/copy-secrets";

it("marks them with the time, as a mark of before changes nothing, and shows when each was copied", () => {
  const on = "kubectl --context k8s.dev.opsdx.io -n redash";
  expect(copySecretsNow({ cluster: "k8s.dev.opsdx.io", namespace: "redash" }).map(({ command }) => command)).toEqual([
    `${on} annotate externalsecrets --all force-sync="$(date +%s)" --overwrite`,
    `${on} get externalsecrets -o custom-columns=NAME:.metadata.name,COPIED:.status.refreshTime`,
  ]);
});
