package main

import (
	"bytes"
	"embed"
	"fmt"
	"strings"

	"github.com/hotline-cc/hotline/media/wav"
)

// clips are sentences of callers for demos and measurements: 8 kHz, spoken by the male voices of the
// synthesiser, since the gateway's own is a female one. clips/index.tsv tells what they say and
// which prompt of the built-in dialog answers them.
//
//go:embed clips
var clips embed.FS

// clip is one sentence of a caller.
type clip struct {
	name   string
	text   string
	expect string // id of the prompt that answers it, "" when that depends
	pcm    []int16
	rate   int
}

// loadClips returns the clips of the given names, without ".wav", in that order.
func loadClips(names ...string) ([]clip, error) {
	index, err := clips.ReadFile("clips/index.tsv")
	if err != nil {
		return nil, err
	}
	known := map[string]clip{}
	for line := range strings.Lines(string(index)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if name, found := strings.CutSuffix(fields[0], ".wav"); found && len(fields) == 3 {
			known[name] = clip{name: name, text: fields[1], expect: strings.TrimPrefix(fields[2], "-")}
		}
	}
	var list []clip
	for _, name := range names {
		c, found := known[name]
		if !found {
			return nil, fmt.Errorf("clip %s is not in the index", name)
		}
		data, err := clips.ReadFile("clips/" + name + ".wav")
		if err != nil {
			return nil, err
		}
		pcm, format, err := wav.Read(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("clip %s: %w", name, err)
		}
		c.pcm, c.rate = pcm, format.Rate
		list = append(list, c)
	}
	return list, nil
}
