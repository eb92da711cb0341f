#!/bin/sh
# Makes a machine a controller: tools, contexts of the clusters, the shared files. What the distribution itself installs stands in
# user-data.ts. Can be repeated. OPSDX_ROOT is where the machine's root stands: tests have another.
set -eu
umask 022
ROOT=${OPSDX_ROOT-}
ETC=$ROOT/etc/opsdx
BIN=$ROOT/usr/local/bin
TREES=$ROOT/opt/opsdx
LOG=$ROOT/var/log/opsdx/install.log

# One event a line, as JSON: CloudWatch counts them.
tell() {
  printf '{"event":"%s","what":"%s","detail":"%s"}\n' "$1" "$2" "$3" | tee -a "$LOG"
}

# Takes apart what tool() downloaded, and links what it holds. Each step says itself whether it failed: `set -e` is off in what stands before ||.
unpack() {
  case $kind in
    program) mv "$file" "$place/$name" ;;
    tar) tar --extract --gzip --file "$file" --directory "$place/new" "$member" && mv "$place/new/$member" "$place/$name" ;;
    zip) python3 -m zipfile -e "$file" "$place/new" && mv "$place/new/$member" "$place/$name" ;;
    tree) tar --extract --gzip --no-same-owner --file "$file" --directory "$place" --strip-components 1 ;;
    wheel) python3 -m zipfile -e "$file" "$TREES/awslogs/lib" ;;
  esac || return 1
  rm -rf "$place/new"
  case $kind in
    program | tar | zip) chmod 0755 "$place/$name" && ln -sfn "$place/$name" "$BIN/$name" ;;
    tree)
      for program in "$place"/bin/*; do
        if [ ! -x "$program" ]; then return 1; fi
        ln -sfn "$program" "$BIN/${program##*/}" || return 1
      done
      ;;
  esac
}

# Puts a tool where people find it. What is downloaded is used only if it has its checksum.
tool() {
  name=$1 version=$2 kind=$3 url=$4 sum=$5 member=$6
  case $sum in
    *[!0-9a-f]* | '' | -)
      tell refused "$name" 'has no checksum: run opsdx controller lock'
      return 1
      ;;
  esac
  place=$TREES/$name-$version
  if [ "$kind" = wheel ]; then place=$TREES/awslogs/$name-$version; fi
  # Whole and of this checksum already: nothing to do.
  if [ "$(cat "$place/.sum" 2>/dev/null)" = "$sum" ]; then return 0; fi
  rm -rf "$place"
  mkdir -p "$place/new"
  file=$place/new/${url##*/}
  if ! curl --fail --silent --show-error --location --retry 3 --max-time 600 --output "$file" "$url"; then
    tell failed "$name" "could not be downloaded from $url"
    return 1
  fi
  if ! echo "$sum  $file" | sha256sum --check --status; then
    rm -rf "$place"
    tell refused "$name" "is another file than the one that was locked: $url"
    return 1
  fi
  if ! unpack; then
    rm -rf "$place"
    tell failed "$name" "could not be unpacked: $url"
    return 1
  fi
  echo "$sum" >"$place/.sum"
  tell installed "$name" "$version"
}

# awslogs is Python: its parts lie side by side.
awslogs_program() {
  cat >"$BIN/awslogs" <<EOF
#!/bin/sh
PYTHONPATH=$TREES/awslogs/lib exec python3 -c 'from awslogs.bin import main; main()' "\$@"
EOF
  chmod 0755 "$BIN/awslogs"
}

# Each line of the file is a tool: name, version, kind, address, checksum, path in the archive; - where there is none. All are tried.
tools() {
  bad=0
  while read -r name version kind url sum member; do
    tool "$name" "$version" "$kind" "$url" "$sum" "$member" || bad=1
  done <"$ETC/tools"
  awslogs_program || bad=1
  return "$bad"
}

# A context for each cluster that stands, without any credential: kubectl asks the AWS CLI for a token of whoever is signed in.
contexts() {
  unset_contexts=0
  while read -r cluster parameter region; do
    ca=$(aws ssm get-parameter --region "$region" --name "$parameter" --query Parameter.Value --output text) || ca=
    if ! echo "$ca" | base64 -d 2>/dev/null | grep -q 'BEGIN CERTIFICATE'; then
      tell waiting "$cluster" 'has no certificate yet: run opsdx-controller contexts when it stands'
      continue
    fi
    new=$ETC/ca.new
    echo "$ca" | base64 -d >"$new"
    KUBECONFIG=$ETC/kubeconfig
    export KUBECONFIG
    if kubectl config set-cluster "$cluster" --server="https://api.$cluster" --certificate-authority="$new" --embed-certs >/dev/null &&
      kubectl config set-credentials "$cluster" --exec-api-version=client.authentication.k8s.io/v1beta1 --exec-command=aws \
        --exec-arg=eks,get-token,--cluster-name,"$cluster",--region,"$region",--output,json >/dev/null &&
      kubectl config set-context "$cluster" --cluster="$cluster" --user="$cluster" >/dev/null &&
      chmod 0644 "$KUBECONFIG"; then
      tell context "$cluster" set
    else
      tell failed "$cluster" 'has no context: kubectl refused it'
      unset_contexts=1
    fi
    rm "$new"
  done <"$ETC/clusters"
  return "$unset_contexts"
}

# The shared files, by an access point, over TLS and as the machine's role; once more at each start. Five minutes are given to the file system's
# address to become known, as its name and its policy take effect some time after they were made.
shared() {
  if [ ! -s "$ETC/nfs" ]; then return 0; fi
  read -r system point place <"$ETC/nfs"
  mkdir -p "$ROOT$place"
  line="$system:/ $place efs _netdev,noresvport,tls,iam,accesspoint=$point 0 0"
  if ! grep -qxF "$line" "$ROOT/etc/fstab" 2>/dev/null; then echo "$line" >>"$ROOT/etc/fstab"; fi
  if mountpoint -q "$ROOT$place"; then return 0; fi
  tries=1
  until mount -t efs -o "noresvport,tls,iam,accesspoint=$point" "$system:/" "$ROOT$place"; do
    if [ "$tries" = 20 ]; then
      tell failed "$place" "could not be mounted from $system"
      return 1
    fi
    tries=$((tries + 1))
    sleep 15
  done
  tell mounted "$place" "$system"
}

mkdir -p "$ETC" "$BIN" "$TREES" "$ROOT/var/log/opsdx"
PATH=$BIN:$PATH
export PATH
case ${1-} in
  install)
    tell started machine "$(uname -n)"
    failed=0
    tools || failed=1
    contexts || failed=1
    shared || failed=1
    if [ "$failed" = 0 ]; then tell ready machine "$(uname -n)"; fi
    exit "$failed"
    ;;
  contexts) contexts ;;
  mount) shared ;;
  *)
    echo 'usage: opsdx-controller install|contexts|mount' >&2
    exit 2
    ;;
esac
