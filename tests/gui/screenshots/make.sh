#!/bin/sh
# Makes the pictures of every page and state, light and dark, with the stand-in engine: make.sh <etna_offline> <folder>
# Run by `cmake --build build/release --target screenshots`. Look at them before committing.
set -eu
app=$1
folder=$2
# Paths in the pictures are the same wherever they are taken.
export HOME=/home/ada
export QT_QPA_PLATFORM=offscreen QT_QUICK_BACKEND=software LC_ALL=C.UTF-8
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$(mktemp -d)}"

for theme in light dark; do
  take() {
    name=$1
    shift
    "$app" --theme "$theme" --screenshot "$folder/$name-$theme.png" "$@"
    echo "$name-$theme.png"
  }
  take first-run --state first-run
  take no-model --state no-model
  take empty --state empty
  take streaming --state streaming
  take reply --state reply
  take markdown --state reply --prompt "Explain how a model answers." --size 1280x1400
  take formulas --state reply --prompt "Show me formulas." --size 1280x1100
  take right-to-left --state reply --prompt "Answer in Arabic." --size 1280x1100
  take thinking --state thinking --model /models/thinking-Qwen3-4B
  take thoughts --state thoughts --model /models/thinking-Qwen3-4B
  take tool-call --state reply --model /models/thinking-Qwen3-4B --prompt "What will the weather be in Rome?"
  take stopped --state stopped
  take loading --state loading --model /models/slow-Qwen3-4B
  take failed --state failed --model /models/damaged-Qwen3-4B
  take failed-reply --state failed-reply --model /models/lost-Qwen3-4B
  take picker --state picker --model /models/Llama-3.2-3B
  take settings --state settings
  take shortcuts --state shortcuts
  story() { ETNA_FAKE_STORY=1 take "$@"; }
  story memory --state memory
  story memory-end --state memory-end
  story memory-whole --state memory --size 1280x1640
  story memory-narrow --state memory --size 960x640
  story memory-large --state memory-large --size 960x640
  ETNA_FAKE_MEMORY=discrete ETNA_FAKE_PRESSURE=critical story memory-card --state memory
  ETNA_FAKE_PRESSURE=tight take memory-empty --state memory-empty
  kept() { ETNA_FAKE_PROMPTS=1 take "$@"; }
  kept kept-prompts --state kept-prompts
  kept kept-narrow --state kept-prompts --size 960x640
  kept kept-large --state kept-large --size 960x640
  take kept-empty --state kept-empty
  take details --state details
  take details-large --state details-large --size 960x640
  take raw --state raw --prompt "Explain how a model answers."
  take save-context --state save-context
  take length-limit --state reply --prompt "Go up to the length limit"
  take context-full --state reply --prompt "Go on until the context full"
  take load-sheet --state load-sheet --prompt /models/Qwen3-8B
  take load-toobig --state load-sheet --prompt /models/toobig-Qwen3-24B --model /models/Qwen3-4B
  take load-anyway --state load-anyway --prompt /models/toobig-Qwen3-24B
  take load-narrow --state load-sheet --prompt /models/toobig-Qwen3-24B --model /models/Qwen3-4B --size 960x640
  take load-large --state load-large --prompt /models/Qwen3-8B --size 960x640
  ETNA_FAKE_MEMORY=discrete take load-card --state load-sheet --prompt /models/Qwen3-32B
  take load-unknown --state load-unknown --prompt /models/damaged-Qwen3-4B
  take refused --state failed --model /models/toobig-Qwen3-24B
  take ran-out --state failed --model /models/runsout-Qwen3-4B
  take evicted --state unloaded --model /models/evicted-Qwen3-4B
  take idle --state unloaded --model /models/idle-Qwen3-4B
  take removed --state removed
  take narrow --state reply --size 960x640
  take narrow-chats --state chats --size 960x640
  take large-text --state large-text --prompt "Explain how a model answers."
  take inspector --state inspector --model /models/Qwen3-4B
  take inspector-whole --state inspector --model /models/Qwen3-4B --size 1280x1300
  take inspector-narrow --state inspector --model /models/Qwen3-4B --size 960x640
  take inspector-large --state inspector-large --model /models/Qwen3-4B --size 960x640
  take context --state context
  take context-narrow --state context --size 960x640
  take context-large --state context-large --size 960x640
  take overflow --state overflow
  take overflow-grow --state overflow --model /models/Qwen3-4B
  take overflow-narrow --state overflow --model /models/Qwen3-4B --size 960x640
  take overflow-large --state overflow-large --model /models/Qwen3-4B --size 960x640
  take left-out --state left-out --size 1280x2000
  take left-out-narrow --state left-out --size 960x640
  take left-out-large --state left-out-large --size 960x640
  take narrow-first-run --state first-run --size 960x640
done
