package main

import (
	"os"

	"github.com/hotline-cc/hotline/cmd/hotline/measure"
)

// BenchCERCmd is "hotline bench cer".
type BenchCERCmd struct {
	Clips string `help:"Folder with WAV files and transcripts.tsv; else the built-in questions." type:"existingdir" env:"HOTLINE_CLIPS"`
	Codec string `help:"Codec of the calls." enum:"pcma,pcmu,g722,opus" default:"pcma"`
}

// Run measures and prints.
func (*BenchCERCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "cer") }

// worseThanYardstick is how much worse than whisper-cli a call may be understood, in percent of the
// characters.
const worseThanYardstick = 2

// cerResult is the last line of "eval asr".
type cerResult struct{ asrTotals }

func (r *cerResult) rows() []measure.Row {
	yardstick := 100 * *r.Yardstick
	return []measure.Row{
		measure.AtMost("通话字错率 through a call, "+r.Codec, 100*r.CER, yardstick+worseThanYardstick, " %"),
		measure.Plain("whisper-cli", "%.1f %% greedy, %.1f %% by default, full context, the same sound", yardstick, 100**r.YardstickOwn),
		measure.AtMost("失控重复 runaway repetition", float64(r.Runaway), 0, ""),
		measure.AtMost("繁体 not in simplified script", float64(r.Traditional), 0, ""),
		measure.Plain("录音 clips", "%d, %d characters, %d errors; text after p50 %.0f ms, p95 %.0f ms", r.Clips, r.Chars, r.Errors, r.P50, r.P95),
	}
}

func (c *BenchCERCmd) measure(b bench) (measured, error) {
	var recordings []recording
	var err error
	dir := c.Clips
	if dir == "" { // "bench all" does not fill in this command's own flags
		dir = os.Getenv("HOTLINE_CLIPS")
	}
	if dir != "" {
		recordings, err = readRecordings(dir)
	} else {
		recordings, err = builtInRecordings()
	}
	if err != nil {
		return nil, err
	}
	if b.Quick {
		recordings = recordings[:min(3, len(recordings))]
	}
	codec := c.Codec
	if codec == "" {
		codec = "pcma"
	}
	eval := EvalASRCmd{Codec: codec, Model: b.Model, Models: b.Models, Yardstick: true}
	totals, err := eval.evaluate(b.env, recordings, func(h heardClip) { b.env.progress("  %3.0f %%  %s", 100*h.CER, h.Hyp) })
	return &cerResult{totals}, err
}

func builtInRecordings() ([]recording, error) {
	questions, err := loadClips(benchQuestions...)
	var list []recording
	for _, q := range questions {
		list = append(list, recording{measure.Clip{File: q.name + ".wav", Text: q.text}, q.pcm, q.rate})
	}
	return list, err
}
