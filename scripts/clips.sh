#!/usr/bin/env bash
# Speaks sentences of the demo city in all Mandarin voices into a folder, as "hotline eval asr" and the
# benchmarks of asr/whisper read it: clips.sh FOLDER [COUNT]. The sentences hold the misspellings of a
# recogniser, so error rates only compare settings with one another.
set -euo pipefail
folder=$1 count=${2:-90}
cd "$(dirname "$0")/.."
mkdir -p "$folder"
socket=$folder/speech.sock
bin/hotline --log-level=warn speech --asr none --socket "$socket" &
trap "kill $!; wait" EXIT
until [[ -S $socket ]]; do sleep 0.2; done

voices=(zf_xiaobei zf_xiaoni zf_xiaoxiao zf_xiaoyi zm_yunjian zm_yunxi zm_yunxia zm_yunyang)
printf 'file\ttext\n' >"$folder/transcripts.tsv"
n=0
# Voice lines of 4 to 22 characters, evenly from the whole file.
python3 - "$count" packs/yunzhou/utterances.tsv <<'PYTHON' |
import sys
count, file = int(sys.argv[1]), sys.argv[2]
rows = [line.split("\t") for line in open(file, encoding="utf-8")]
texts = [r[0] for r in rows if r[1] == "voice" and 4 <= len(r[0]) <= 22]
for i in range(count):
    print(texts[i * len(texts) // count])
PYTHON
  while IFS= read -r text; do
    file=$(printf 's%03d.wav' "$n")
    bin/hotline say "$text" --engine "unix:$socket" --voice "${voices[n % 8]}" -o "$folder/$file" >/dev/null
    printf '%s\t%s\n' "$file" "$text" >>"$folder/transcripts.tsv"
    n=$((n + 1))
  done
