import { WORK_FOLDER } from "./names";

/** What small containers run, for any POSIX shell; `MODELS_FOLDER` says where the models are. Exit codes are those of sysexits.h. */

const TARGET = `root="$MODELS_FOLDER"
target="$root/$TRAIN_MODEL/$TRAIN_VERSION"
work="$root/${WORK_FOLDER}/$TRAIN_MODEL/$TRAIN_VERSION"`;

const IS_THERE = `echo "$TRAIN_MODEL/$TRAIN_VERSION must be a new version, got one that is there: it is never overwritten" >&2; exit 73`;

/** Looks that a version is free, and makes the folder in which it is worked on; that of a former pod stays as it was. */
export const CLAIM_SCRIPT = `set -eu
${TARGET}
if [ -e "$target" ]; then ${IS_THERE}; fi
mkdir -p "$work/checkpoints" "$root/$TRAIN_MODEL"
`;

/** Moves a whole result to its version, in one step: whoever reads finds all of it or nothing. */
export const PUBLISH_SCRIPT = `set -eu
${TARGET}
if [ -e "$target" ]; then ${IS_THERE}; fi
if [ ! -s "$work/export/saved_model.pb" ]; then
  echo "TRAIN_EXPORT must hold a SavedModel, got no saved_model.pb" >&2; exit 65
fi
mv -T "$work/export" "$target"
rm -rf "$work"
echo "$TRAIN_MODEL/$TRAIN_VERSION is there"
`;

/** Prints the versions that there are, one a line: KiB, whether it holds a model, whether requests to warm up with, `<model>/<version>`. */
export const LIST_SCRIPT = `set -eu
cd "$MODELS_FOLDER"
for version in */*; do
  [ -d "$version" ] || continue
  model=no
  warm=no
  [ ! -s "$version/saved_model.pb" ] || model=yes
  [ ! -s "$version/assets.extra/tf_serving_warmup_requests" ] || warm=yes
  echo "$(du -sk "$version" | cut -f1) $model $warm $version"
done
`;
